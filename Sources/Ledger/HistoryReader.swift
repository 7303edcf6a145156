import CLinux
import FoundationEssentials
import Glibc
import Processes
import SystemPackage
import Text

extension History {
  /// Which part of the history is wanted.
  public struct Query {
    /// Nothing older.
    public var since: WallTime?
    /// At most so many entries, the newest ones; `nil`: all, and at most a line of them is kept in memory.
    public var limit: Int?
    public var includes: (HistoryEntry) -> Bool

    public init(
      since: WallTime? = nil, limit: Int? = nil, includes: @escaping (HistoryEntry) -> Bool = { _ in true }
    ) {
      self.since = since
      self.limit = limit
      self.includes = includes
    }
  }

  /// What could not be read of it.
  public struct Loss: Hashable, Sendable {
    /// Lines that could not be parsed.
    public internal(set) var damagedLines = 0
    /// Files that could not be read, each with its error.
    public internal(set) var unreadable: [LedgerError] = []
    /// Whether older entries were left out, because of ``Query/limit``.
    public internal(set) var isCut = false
  }

  /// Hands out the wanted entries of all its files, rotated and compressed ones too, the oldest first.
  ///
  /// - Parameter body: returns whether to go on.
  /// - Throws: `LedgerError.refused` and `.unreadable` of the folder, or of the current file.
  public func read(_ query: Query, _ body: (HistoryEntry) -> Bool) throws(LedgerError) -> Loss {
    var loss = Loss()
    let files = try openFiles(&loss)
    let old = query.since.map { since in files.prefix { $0.modified < since }.count } ?? 0
    guard let limit = query.limit else {
      for file in files[old...] {
        var goesOn = true
        read(file, query, &loss) { entry in
          goesOn = body(entry)
          return goesOn
        }
        if !goesOn { break }
      }
      return loss
    }
    var newest: [HistoryEntry] = []
    for file in files[old...].reversed() {
      let room = limit + 1 - newest.count
      var found: [HistoryEntry] = []
      read(file, query, &loss) { entry in
        found.append(entry)
        if found.count >= 2 * room + 1000 { found.removeFirst(found.count - room) }
        return true
      }
      newest = found.suffix(room) + newest
      if newest.count > limit { break }
    }
    loss.isCut = newest.count > limit
    for entry in newest.suffix(limit) where !body(entry) { break }
    return loss
  }

  // MARK: the files

  /// An open file.
  private final class Opened {
    let name: HistoryFileName
    let file: FileDescriptor
    let modified: WallTime
    let status: FileStatus?

    init(_ name: HistoryFileName, _ file: FileDescriptor) {
      (self.name, self.file) = (name, file)
      status = try? FileStatus(of: file)
      modified = status?.modified ?? .distantPast
    }

    deinit { try? file.close() }
  }

  /// All files, the oldest first.
  private func openFiles(_ loss: inout Loss) throws(LedgerError) -> [Opened] {
    guard let directory = try openDirectory(create: false) else { return [] }
    // If logrotate(8) renames files meanwhile, some would be missed or read twice: once more.
    for _ in 0..<8 {
      loss.unreadable = []
      let names = try fileNames(directory)
      var files: [Opened] = []
      for name in names {
        do throws(LedgerError) {
          guard let file = try directory.openFile(name.name, access: O_RDONLY) else { continue }
          files.append(Opened(name, file))
        } catch {
          if name.name == self.name { throw error }
          loss.unreadable.append(error)
        }
      }
      guard try fileNames(directory) == names,
        files.allSatisfy({ directory.name($0.name.name, refersTo: $0.file) })
      else { continue }
      return files.sorted {
        ($0.modified, $0.name.name != name ? 0 : 1) < ($1.modified, $1.name.name != name ? 0 : 1)
      }
    }
    throw .unreadable(path: path, .resourceTemporarilyUnavailable)
  }

  private func fileNames(_ directory: OwnedDirectory) throws(LedgerError) -> [HistoryFileName] {
    HistoryFileName.whole(try directory.names().compactMap { HistoryFileName(parsing: $0, base: name) })
  }

  // MARK: one file

  /// The entry of a line; `nil` if it cannot be parsed.
  static func entry(in line: ArraySlice<UInt8>) -> HistoryEntry? {
    try? JSONDecoder().decode(HistoryEntry.self, from: Data(line))
  }

  private func read(_ opened: Opened, _ query: Query, _ loss: inout Loss, _ body: (HistoryEntry) -> Bool) {
    var lines = LineSplitter(limitBytes: Self.lineLimitBytes)
    var goesOn = true
    var damaged = 0
    func take(_ line: ArraySlice<UInt8>) {
      guard goesOn, !line.isEmpty else { return }
      guard let entry = Self.entry(in: line) else {
        damaged += 1
        return
      }
      if let since = query.since, entry.time < Timestamp(since) { return }
      if query.includes(entry) { goesOn = body(entry) }
    }
    do throws(LedgerError) {
      try bytes(of: opened) { chunk in
        lines.take(chunk, take)
        return goesOn
      }
    } catch {
      loss.unreadable.append(error)
    }
    lines.finish(take)
    loss.damagedLines += damaged
  }

  /// Hands out a file's content, piece by piece.
  private func bytes(of opened: Opened, _ body: (ArraySlice<UInt8>) -> Bool) throws(LedgerError) {
    let path = path.removingLastComponent().appending(opened.name.name)
    guard let compression = opened.name.compression else {
      return try Self.pieces(from: opened.file.rawValue, path, body)
    }
    var ends: [Int32] = [0, 0]
    guard clinux_pipe(&ends, 256 << 10) == 0 else { throw .unreadable(path: path, .last) }
    let program: ChildProgram
    do {
      let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
      defer { close(null) }
      defer { close(ends[1]) }
      program = try ChildProgram(
        compression.program, input: opened.file.rawValue, output: ends[1], errors: null)
    } catch {
      close(ends[0])
      throw .unreadable(path: path, .resourceTemporarilyUnavailable)
    }
    var isWhole = true
    let read = Result { () throws(LedgerError) in
      try Self.pieces(from: ends[0], path) { piece in
        isWhole = body(piece)
        return isWhole
      }
    }
    // If no more is wanted, its next write ends it.
    close(ends[0])
    let status = program.exitStatus(waits: true)
    try read.get()
    if isWhole, status != 0 {
      throw .notUncompressed(path: path, by: compression.program[0], exitStatus: status ?? 0)
    }
  }

  private static func pieces(
    from descriptor: Int32, _ path: FilePath, _ body: (ArraySlice<UInt8>) -> Bool
  ) throws(LedgerError) {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(path: path, .last) }
      guard count > 0, body(piece[..<count]) else { return }
    }
  }
}
