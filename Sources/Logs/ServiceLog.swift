import Containers
import Processes
import SystemPackage
import Text

/// What a process has written to its log since it started: Docker's files (json-file, local), Kubernetes',
/// Podman's, or its standard output if that is a regular file.
///
/// The files are read backwards and bounded; a container controls their content. Once read, the log can be
/// asked again for the cost of checking the file's size; only what was appended is then read. Lines that are
/// not certain to be complete lines since this process's start are left out: a wrong line is worse than none.
public struct ServiceLog: Sendable {
  /// What is looked for; this file knows logs, not their content.
  public struct Question: Sendable {
    /// Bytes that every wanted line has. They must not need escapes in JSON.
    public var mark: [UInt8]
    /// A line's own time, for logs to which no runtime adds one.
    public var time: @Sendable (UnsafeRawBufferPointer) -> LogTime?
    /// Whether a line is wanted.
    public var isWanted: @Sendable ([UInt8]) -> Bool
    /// Whether these lines, oldest first, are enough: no line before them would change the answer.
    public var isEnough: @Sendable ([[UInt8]]) -> Bool
    /// Every line that is a hint has one of these bytes early on.
    public var hintMarks: [[UInt8]]
    /// Whether a line is a hint: of use if no wanted line was written after it. The newest is kept.
    public var isHint: @Sendable ([UInt8]) -> Bool
    /// Whether no line before this one is a hint, though it is not wanted: it may be another process's.
    public var endsHints: @Sendable ([UInt8]) -> Bool

    public init(
      mark: [UInt8], time: @escaping @Sendable (UnsafeRawBufferPointer) -> LogTime?,
      isWanted: @escaping @Sendable ([UInt8]) -> Bool,
      isEnough: @escaping @Sendable ([[UInt8]]) -> Bool,
      hintMarks: [[UInt8]] = [], isHint: @escaping @Sendable ([UInt8]) -> Bool = { _ in false },
      endsHints: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) {
      self.mark = mark
      self.time = time
      self.isWanted = isWanted
      self.isEnough = isEnough
      self.hintMarks = hintMarks
      self.isHint = isHint
      self.endsHints = endsHints
    }
  }

  /// What a log was found to contain.
  public struct Findings: Hashable, Sendable {
    /// The wanted lines, oldest first: the last of them up to what is enough.
    public internal(set) var lines: [[UInt8]] = []
    /// The newest line that is a hint, if no wanted line was written after it.
    public internal(set) var hint: [UInt8]?
    /// Every line written at this time or later was read: `.distantPast` if those from before the start were
    /// too, `.distantFuture` if nothing is known. Earlier lines can be missing: the file was truncated, rotated away,
    /// damaged, or is longer than what is read.
    public internal(set) var wholeSince: WallTime = .distantFuture
    /// When the newest line with its own time was written; no later than when the runtime or the file
    /// got it.
    public internal(set) var newest: WallTime?
  }

  public static let defaultLimitBytes = 8 << 20
  /// How much too early a line's own time can be: many are in whole seconds.
  public static let timeCut = Duration.seconds(1)

  private let source: LogSource
  private let question: Question
  private let started: WallTime
  private let limitBytes: Int
  private var bookmark: Bookmark?

  /// How far the file was read, and what was found.
  private struct Bookmark: Sendable {
    let status: FileStatus
    /// The start of the first line that was not complete then.
    let endOffset: Int64
    /// The bytes before `status.sizeBytes`: they differ in a file that was truncated and has grown again.
    let sample: [UInt8]
    let lastEndsLine: Bool?
    let findings: Findings
  }

  /// - Parameters:
  ///   - started: when the process started. Lines before are another's.
  ///   - limitBytes: how much of the log may be read at a time.
  ///   - root: the folder that stands for `/`.
  /// - Returns: `nil` if the process's output is in no file that is known here.
  public init?(
    process: borrowing ProcessDirectory, container: Container?, started: WallTime, question: Question,
    limitBytes: Int = ServiceLog.defaultLimitBytes, root: FilePath = "/"
  ) throws(HostError) {
    guard
      let source = try LogSource.find(
        of: process, container: container, files: ContainerFiles(root: root))
    else { return nil }
    self.source = source
    self.question = question
    self.started = started
    self.limitBytes = limitBytes
  }

  /// Looks for the lines.
  ///
  /// - Parameter now: lines from the future show that the clock was set back.
  /// - Throws: `.malformed` for a file that was truncated or replaced while it was read, twice in a row;
  ///   `.notRegular`, `.unreadable`.
  public mutating func look(
    at process: borrowing ProcessDirectory, now: WallTime
  ) throws(HostError) -> Findings {
    do {
      return try read(of: process, now: now)
    } catch {
      guard case .malformed = error else { throw error }
      // Most likely it has just been rotated.
      bookmark = nil
      return try read(of: process, now: now)
    }
  }

  private mutating func read(
    of process: borrowing ProcessDirectory, now: WallTime
  ) throws(HostError) -> Findings {
    if let bookmark, try source.status(of: process) == bookmark.status { return bookmark.findings }
    guard let file = try source.open(of: process) else {
      bookmark = nil
      return Findings()
    }
    let size = file.status.sizeBytes
    try checkBookmark(against: file)
    let sample = try Self.sample(of: file, endingAt: size)
    var tail = LogTail(file, source.format)
    var budget = limitBytes
    // Whatever was appended since the last look was written since the process started.
    var search = LogSearch(
      question, format: source.format, started: bookmark == nil ? started : .distantPast,
      now: bookmark == nil ? now : .distantFuture)
    let ending = try tail.visit(from: bookmark?.endOffset ?? 0, limitBytes: &budget) { search.visit($0) }
    switch ending {
    case .enough: break
    case .limit: search.reachStart(isGood: false)
    case .start where bookmark != nil:
      search.reachStart(isGood: source.format == .plain || bookmark?.lastEndsLine == true)
    case .start:
      try readOlder(than: file.path, &search, &budget)
    }
    let findings = findings(of: search, ending, in: file.status)

    let status: FileStatus
    do { status = try FileStatus(of: file.descriptor) } catch { throw .unreadable(path: file.path, error) }
    guard status.sizeBytes >= size, try source.status(of: process).map({ $0.inode }) == status.inode,
      try Self.sample(of: file, endingAt: size) == sample
    else { throw .changedWhileRead(file.path) }
    bookmark = Bookmark(
      status: file.status, endOffset: tail.endOffset ?? bookmark?.endOffset ?? 0, sample: sample,
      lastEndsLine: search.lastEndsLine ?? bookmark?.lastEndsLine, findings: findings)
    return findings
  }

  /// Forgets what was read, unless the file is the same one with more appended.
  private mutating func checkBookmark(against file: borrowing LogSource.Opened) throws(HostError) {
    guard let known = bookmark else { return }
    // If there was no complete line yet, everything is still to be read: the first line is the start of the
    // log.
    guard file.status.isSameFile(as: known.status), file.status.sizeBytes >= known.status.sizeBytes,
      known.endOffset != 0, try Self.sample(of: file, endingAt: known.status.sizeBytes) == known.sample
    else {
      bookmark = nil
      return
    }
  }

  /// What is known after a search, together with what was known before it.
  private func findings(of search: LogSearch, _ ending: LogTail.Ending, in status: FileStatus) -> Findings {
    // There is a gap between these lines and those already known.
    let known = ending == .limit || search.isBroken ? nil : bookmark?.findings
    var findings = Findings()
    findings.lines = Array(((known?.lines ?? []) + search.found.reversed()).suffix(LogSearch.limitFound))
    findings.hint = search.hint ?? (search.found.isEmpty && !search.hasEndedHints ? known?.hint : nil)
    findings.wholeSince = known?.wholeSince ?? search.wholeSince
    // If no line says when it was written: the file was made or truncated at its last change or before.
    if bookmark == nil, ending == .start, !search.isBroken, !search.hasTimes {
      findings.wholeSince = status.modified
    }
    findings.newest = search.newest.map { min($0, status.modified) } ?? bookmark?.findings.newest
    return findings
  }

  private func readOlder(
    than path: FilePath, _ search: inout LogSearch, _ budget: inout Int
  ) throws(HostError) {
    switch try source.older(than: path) {
    // The start of a file without a runtime's times does not show when the process started.
    case .none: search.reachStart(isGood: source.format != .plain)
    // A runtime begins a file with a complete entry. The rest of a split line cannot be mistaken for a JSON
    // line.
    case .unreadable: search.reachStart(isGood: true)
    case .file(let file):
      var tail = LogTail(file, source.format)
      _ = try tail.visit(limitBytes: &budget) { search.visit($0) }
      search.reachStart(isGood: false)
    }
  }

  private static let sampleBytes = 256

  private static func sample(
    of file: borrowing LogSource.Opened, endingAt end: Int64
  ) throws(HostError) -> [UInt8] {
    let start = max(0, end - Int64(sampleBytes))
    return try file.descriptor.bytes(at: start, count: Int(end - start), of: file.path)
  }
}
