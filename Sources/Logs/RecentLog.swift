import Containers
import Processes
import SystemPackage
import Text

/// What the log of a process got of late, of whatever process of its container wrote it.
public enum RecentLog {
  public struct Line: Sendable {
    /// Nanoseconds after the epoch; `nil` where neither the runtime nor the line says.
    public let wallNs: Int64?
    public let text: String
  }

  /// The lines since a moment, the newest first.
  ///
  /// - Parameter limitBytes: how much is read at most, from the end.
  /// - Returns: `nil` where the process's output is in no file that is known here.
  public static func lines(
    of process: borrowing ProcessDirectory, container: Container?, sinceWallNs: Int64,
    limitBytes: Int = 2 << 20, root: FilePath = "/"
  ) throws(HostError) -> [Line]? {
    guard
      let source = try LogSource.find(of: process, container: container, files: ContainerFiles(root: root))
    else { return nil }
    guard let file = try source.open(of: process) else { return [] }
    var tail = LogTail(descriptor: file.descriptor, path: file.path, sizeBytes: file.status.sizeBytes)
    var budget = limitBytes
    var lines: [Line] = []
    _ = try tail.visit(limitBytes: &budget) { raw in
      guard let raw, let entry = LogEntry(source.format, raw), let text = LogEntry.text(source.format, raw)
      else { return true }
      let wallNs = entry.time?.wallNs ?? ownTime(of: text)
      if let wallNs, wallNs < sinceWallNs { return false }
      lines.append(Line(wallNs: wallNs, text: String(decoding: text, as: UTF8.self)))
      return true
    }
    return lines
  }

  /// The first time in the form of RFC 3339 within the first bytes of a line, in whatever of the formats it is.
  static func ownTime(of text: [UInt8]) -> Int64? {
    text.prefix(256).withUnsafeBytes { raw in
      var start = 0
      while start + 20 <= raw.count {
        if raw[start] == UInt8(ascii: "2"), raw[start + 4] == UInt8(ascii: "-"),
          raw[start + 10] == UInt8(ascii: "T")
        {
          let rest = raw[start...].prefix {
            $0 != 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ",")
          }
          if let time = LogTime(parsing: UnsafeRawBufferPointer(rebasing: rest)) { return time.wallNs }
        }
        start += 1
      }
      return nil
    }
  }
}
