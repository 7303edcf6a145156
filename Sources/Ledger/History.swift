import FoundationEssentials
import Glibc
import Processes
import SystemPackage
import Text

/// The history: a file of lines, each the JSON of one `HistoryEntry`, only ever appended to.
///
/// A line is one write(2) on a descriptor with `O_APPEND`, which Linux does as a whole for each file, so
/// writers need no lock. A writer that was killed, or a full disk, can leave part of a line; the next writer
/// starts a new line, and only that part is lost. Nothing is synced: a power cut also ends the processes of
/// the last lines.
public struct History: Hashable, Sendable {
  /// Of one line. Longer than anything a command line and a container can put into it.
  static let lineLimitBytes = 1 << 20

  public let path: FilePath
  public let ownerID: UInt32

  /// - Parameters:
  ///   - path: the file, such as `/var/log/placeos-loglevel/history.jsonl`. Its directory is made by the
  ///     first `append`, with mode 0700; the directory's parent must exist.
  ///   - ownerID: the user who must own its directory and file.
  public init(path: FilePath, ownerID: UInt32 = 0) {
    self.path = path
    self.ownerID = ownerID
  }

  /// Writes a line for each entry.
  ///
  /// - Returns: what could not be written: `LedgerError.refused` and `.parentMissing` as for the state directory,
  ///   `.unrecordable` for a line that is too long, `.unwritable`.
  public func append(_ entries: [HistoryEntry]) -> [LedgerError] {
    guard !entries.isEmpty else { return [] }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do throws(LedgerError) {
      guard let directory = try openDirectory(create: true),
        let file = try directory.openFile(name, access: O_RDWR | O_APPEND, create: true)
      else {
        throw .unwritable(path: path, call: "open", .noSuchFileOrDirectory)
      }
      defer { try? file.close() }
      return entries.compactMap { entry in
        do throws(LedgerError) { try append(entry, to: file, encoder) } catch { return error }
        return nil
      }
    } catch { return [error] }
  }

  /// Writes one line.
  ///
  /// - Throws: as ``append(_:)-([HistoryEntry])`` returns.
  public func append(_ entry: HistoryEntry) throws(LedgerError) {
    if let problem = append([entry]).first { throw problem }
  }

  private func append(
    _ entry: HistoryEntry, to file: FileDescriptor, _ encoder: JSONEncoder
  ) throws(LedgerError) {
    guard var line = try? [UInt8](encoder.encode(entry)) else {
      throw .unrecordable(path: path, reason: "it cannot be written as JSON")
    }
    line.append(UInt8(ascii: "\n"))
    guard line.count <= Self.lineLimitBytes else {
      throw .unrecordable(path: path, reason: "its line would have \(line.count) bytes")
    }
    // Two writers may both see the partial line: that makes an empty line, which `read` skips.
    if try !endsWithNewline(file) { line.insert(UInt8(ascii: "\n"), at: 0) }
    while true {
      let count = write(file.rawValue, line, line.count)
      if count == line.count { return }
      // Partly written: write(2) does not say why, and a second call could land after another's line.
      if count >= 0 { throw .unwritable(path: path, call: "write", .noSpace) }
      let error = Errno.last
      if error != .interrupted { throw .unwritable(path: path, call: "write", error) }
    }
  }

  var name: String { path.lastComponent?.string ?? "" }

  func openDirectory(create: Bool) throws(LedgerError) -> OwnedDirectory? {
    let directory = path.removingLastComponent()
    return try OwnedDirectory.open(
      at: directory.isEmpty ? "." : directory, create: create, ownerID: ownerID)
  }

  private func endsWithNewline(_ file: FileDescriptor) throws(LedgerError) -> Bool {
    let end = lseek(file.rawValue, 0, SEEK_END)
    guard end >= 0 else { throw .unreadable(path: path, .last) }
    if end == 0 { return true }
    var last: UInt8 = 0
    guard pread(file.rawValue, &last, 1, end - 1) >= 0 else {
      throw .unreadable(path: path, .last)
    }
    return last == UInt8(ascii: "\n")
  }
}
