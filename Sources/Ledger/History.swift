import FoundationEssentials
import Glibc
import Processes
import SystemPackage
import Text

/// The history: a file of lines, each the JSON of one `HistoryEntry`, written at its end only.
///
/// A line is one write(2) on a descriptor with `O_APPEND`, which Linux does as a whole for each file, so that
/// writers need no lock. A writer that was killed, or a full disk, can leave a part of a line; the next
/// writer starts a new line, and only that part is lost. Nothing is synced: a power cut ends the processes
/// that the last lines speak of as well.
public struct History: Hashable, Sendable {
  /// Of one line. Longer than all that a command line and a container can put into it.
  static let lineLimitBytes = 1 << 20
  /// Of the file and the rotated one together.
  static let limitBytes = 64 << 20

  public let path: FilePath
  public let ownerID: UInt32
  private let limitBytes: Int

  /// - Parameters:
  ///   - path: the file, such as `/var/log/placeos-loglevel/history.jsonl`. Its directory is made by the
  ///     first `append`, with mode 0700; the directory's parent must exist.
  ///   - ownerID: the user whose directory and file it must be.
  public init(path: FilePath, ownerID: UInt32 = 0) {
    self.init(path: path, ownerID: ownerID, limitBytes: Self.limitBytes)
  }

  init(path: FilePath, ownerID: UInt32, limitBytes: Int) {
    self.path = path
    self.ownerID = ownerID
    self.limitBytes = limitBytes
  }

  /// Writes one line.
  ///
  /// - Throws: `LedgerError.refused` and `.parentMissing` as for the state directory, `.unrecordable` for a
  ///   line that is too long, `.unwritable`.
  public func append(_ entry: HistoryEntry) throws(LedgerError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var line = try? [UInt8](encoder.encode(entry)) else {
      throw .unrecordable(path: path, reason: "it cannot be written as JSON")
    }
    line.append(UInt8(ascii: "\n"))
    guard line.count <= Self.lineLimitBytes else {
      throw .unrecordable(path: path, reason: "its line would have \(line.count) bytes")
    }
    guard let directory = try openDirectory(create: true),
      let file = try directory.openFile(name, access: O_RDWR | O_APPEND, create: true)
    else {
      throw .unwritable(path: path, call: "open", .noSuchFileOrDirectory)
    }
    defer { try? file.close() }
    // Two writers may both see the part of a line: that makes an empty line, which `read` passes over.
    if try !endsWithNewline(file) { line.insert(UInt8(ascii: "\n"), at: 0) }
    while true {
      let count = write(file.rawValue, line, line.count)
      if count == line.count { return }
      // Written in part: write(2) does not say why, and a second call could land behind another's line.
      if count >= 0 { throw .unwritable(path: path, call: "write", .noSpace) }
      let error = Errno.last
      if error != .interrupted { throw .unwritable(path: path, call: "write", error) }
    }
  }

  /// All entries, the oldest first: those of the rotated file `….1`, then those of the file.
  ///
  /// - Returns: no entries where there is no file. `damagedLines` could not be understood.
  /// - Throws: `LedgerError.tooLarge` for more than 64 MiB, `.refused`, `.unreadable`.
  public func read() throws(LedgerError) -> (entries: [HistoryEntry], damagedLines: Int) {
    guard let directory = try openDirectory(create: false) else { return ([], 0) }
    let rotated = name + ".1"
    // Should logrotate(8) rename the file between the two, it would be missed or read twice: once more.
    for _ in 0..<8 {
      let newer = try directory.openFile(name, access: O_RDONLY)
      defer { try? newer?.close() }
      let older = try directory.openFile(rotated, access: O_RDONLY)
      defer { try? older?.close() }
      if let newer, !directory.name(name, refersTo: newer) { continue }
      if let newer, let older, Self.areSame(newer, older) { continue }
      var entries: [HistoryEntry] = []
      var damagedLines = 0
      var leftBytes = limitBytes
      for (file, fileName) in [(older, rotated), (newer, name)] {
        guard let file else { continue }
        let bytes: [UInt8]
        do {
          bytes = try directory.bytes(of: file, name: fileName, limitBytes: leftBytes)
        } catch {
          if case .tooLarge = error { throw .tooLarge(path: path, limitBytes: limitBytes) }
          throw error
        }
        leftBytes -= bytes.count
        Self.parse(bytes, into: &entries, &damagedLines)
      }
      return (entries, damagedLines)
    }
    throw .unreadable(path: path, .resourceTemporarilyUnavailable)
  }

  /// Reads lines; a line that cannot be understood is counted, and hides no other.
  static func parse(
    _ bytes: [UInt8], into entries: inout [HistoryEntry], _ damagedLines: inout Int
  ) {
    let decoder = JSONDecoder()
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if let entry = try? decoder.decode(HistoryEntry.self, from: Data(line)) {
        entries.append(entry)
      } else {
        damagedLines += 1
      }
    }
  }

  /// Whether two descriptors are of the same file, which was renamed between their openings.
  private static func areSame(_ first: FileDescriptor, _ second: FileDescriptor) -> Bool {
    guard let one = try? FileStatus(of: first), let other = try? FileStatus(of: second) else { return false }
    return one.isSameFile(as: other)
  }

  private var name: String { path.lastComponent?.string ?? "" }

  private func openDirectory(create: Bool) throws(LedgerError) -> OwnedDirectory? {
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
