import Containers
import Processes
import SystemPackage
import Text

/// The recent entries of a process's log, whichever process of its container wrote them.
public enum RecentLog {
  /// A line of a service, and the lines that continue it: the message of an exception and its causes.
  public struct Entry: Sendable {
    /// When the runtime got it; `nil` without a runtime.
    public let time: LogTime?
    /// The line, without its line feed.
    public let line: [UInt8]
    /// The line and its continuation, with line feeds between them, up to a limit.
    public let text: [UInt8]
  }

  /// How much of an entry is kept, in bytes and lines; a backtrace says nothing more about a store.
  private static let (limitEntryBytes, limitEntryLines) = (16 << 10, 200)

  /// Visits the entries since a moment, the newest first.
  ///
  /// - Parameters:
  ///   - limitBytes: how much is read at most, from the end.
  ///   - time: a line's own time, if there is no runtime.
  ///   - visit: gets an entry; `false` ends the visit.
  /// - Returns: `false` if the process's output is in no file that is known here.
  public static func visit(
    _ process: borrowing ProcessDirectory, container: Container?, since: WallTime,
    limitBytes: Int = 2 << 20, root: FilePath = "/", time: ([UInt8]) -> LogTime?, _ visit: (Entry) -> Bool
  ) throws(HostError) -> Bool {
    guard
      let source = try LogSource.find(of: process, container: container, files: ContainerFiles(root: root))
    else { return false }
    guard let file = try source.open(of: process) else { return true }
    var tail = LogTail(file, source.format)
    var budget = limitBytes
    var gatherer = Gatherer()
    var isOver = false
    _ = try tail.visit(limitBytes: &budget) { raw in
      guard let raw, let entry = LogEntry(source.format, raw), let text = LogEntry.text(source.format, raw)
      else { return true }
      guard let whole = gatherer.add(text, entry.time) else { return true }
      // Only now and then is a line parsed for its time.
      let itsTime = whole.time ?? (gatherer.count % 64 == 0 ? time(whole.line) : nil)
      isOver = itsTime.map { $0.wall < since } ?? false || !visit(whole)
      return !isOver
    }
    if !isOver, let rest = gatherer.rest() { _ = visit(rest) }
    return true
  }

  /// Joins lines, which come last to first, into entries.
  struct Gatherer {
    /// Lines whose beginning is still to come, the last first.
    private var waiting: [[UInt8]] = []
    private var waitingBytes = 0
    private var waitingTime: LogTime?
    /// The number of entries so far.
    private(set) var count = 0

    /// - Returns: the entry that begins with this line; `nil` if the line continues one that is still to
    ///   come.
    mutating func add(_ line: [UInt8], _ time: LogTime?) -> Entry? {
      if Self.isBeginning(line) { return entry(line, time) }
      waiting.append(line)
      waitingBytes += line.count
      // The lines farthest from the beginning go.
      while waiting.count > limitEntryLines || waitingBytes > limitEntryBytes && waiting.count > 1 {
        waitingBytes -= waiting.removeFirst().count
      }
      waitingTime = waitingTime ?? time
      return nil
    }

    /// Lines without a beginning.
    mutating func rest() -> Entry? { waiting.popLast().map { entry($0, waitingTime) } }

    private mutating func entry(_ line: [UInt8], _ time: LogTime?) -> Entry {
      count += 1
      var text = line
      for further in waiting.reversed() { text += [0x0A] + further }
      waiting = []
      waitingBytes = 0
      waitingTime = nil
      return Entry(time: time, line: line, text: text)
    }

    /// Whether a line has the beginning of one of the formats; it is parsed where that matters.
    private static func isBeginning(_ line: [UInt8]) -> Bool {
      switch line.first {
      case UInt8(ascii: "{"): true
      case UInt8(ascii: "l"): line.starts(with: "level=[".utf8)
      case UInt8(ascii: "2"): line.count > 20 && line[4] == UInt8(ascii: "-") && line[10] == UInt8(ascii: "T")
      default: false
      }
    }
  }
}
