import Containers
import Processes
import SystemPackage
import Text

/// What a process has written to its log since it started: Docker's and Kubernetes' files, Podman's k8s-file,
/// or its standard output where that is a regular file.
///
/// The files are read backwards and bounded; a container controls what is in them. Once read, the log can be
/// asked again and again at the cost of a look at the file's size; only what was appended is read then.
/// Lines that cannot be told to be whole lines of this process's start are left out: a wrong line is worse
/// than none.
public struct ServiceLog: Sendable {
  /// What is looked for; this file knows logs, and not what stands in them.
  public struct Question: Sendable {
    /// Bytes that every line holds that is looked for. They must not be such as JSON escapes.
    public var mark: [UInt8]
    /// The time that a line itself bears, for logs to which no runtime adds one.
    public var time: @Sendable (UnsafeRawBufferPointer) -> LogTime?
    /// Whether a line is one that is looked for.
    public var isWanted: @Sendable ([UInt8]) -> Bool
    /// Whether these lines, oldest first, are enough: no line before them would change the answer.
    public var isEnough: @Sendable ([[UInt8]]) -> Bool
    /// Bytes one of which stands early in every line that is a hint.
    public var hintMarks: [[UInt8]]
    /// Whether a line is a hint: of use where none that is looked for was written after it. The newest is kept.
    public var isHint: @Sendable ([UInt8]) -> Bool
    /// Whether no line before this one is a hint, though it is none that is looked for: it may be another process's.
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

  /// What a log was found to hold.
  public struct Findings: Hashable, Sendable {
    /// The lines that were looked for, oldest first: the last of them up to what is enough.
    public internal(set) var lines: [[UInt8]] = []
    /// The newest line that is a hint, where none that was looked for was written after it.
    public internal(set) var hint: [UInt8]?
    /// Every line that was written at this time or later was read, nanoseconds after the epoch: `.min` where those from
    /// before the start were too, `.max` where nothing is known. Of what was written earlier, lines can be missing:
    /// the file was cut, rotated away, damaged, or is longer than what is read.
    public internal(set) var wholeSinceNs: Int64 = .max
    /// When the newest line was written that bears a time of its own, nanoseconds after the epoch; no later than
    /// when the runtime or the file got it.
    public internal(set) var newestNs: Int64?
  }

  public static let defaultLimitBytes = 8 << 20

  private let source: LogSource
  private let question: Question
  private let startedWallNs: Int64
  private let limitBytes: Int
  private var bookmark: Bookmark?

  /// How far the file was read, and what was found.
  private struct Bookmark: Sendable {
    let status: FileStatus
    /// The start of the first line that was not whole then.
    let endOffset: Int64
    /// The bytes before `status.sizeBytes`: a file that has been cut and has grown again has others there.
    let sample: [UInt8]
    let lastEndsLine: Bool?
    let findings: Findings
  }

  /// - Parameters:
  ///   - startedWallNs: when the process started, nanoseconds after the epoch. Lines before are another's.
  ///   - limitBytes: how much of the log is read at most, at a time.
  ///   - root: the folder that stands for `/`.
  /// - Returns: `nil` where the process's output is in no file that is known here.
  public init?(
    process: borrowing ProcessDirectory, container: Container?, startedWallNs: Int64, question: Question,
    limitBytes: Int = ServiceLog.defaultLimitBytes, root: FilePath = "/"
  ) throws(HostError) {
    guard
      let source = try LogSource.find(
        of: process, container: container, files: ContainerFiles(root: root))
    else { return nil }
    self.source = source
    self.question = question
    self.startedWallNs = startedWallNs
    self.limitBytes = limitBytes
  }

  /// Looks for the lines.
  ///
  /// - Parameter nowNs: nanoseconds after the epoch; lines from the future show that the clock was set back.
  /// - Throws: `.malformed` for a file that was truncated or replaced while it was read, twice in a row;
  ///   `.notRegular`, `.unreadable`.
  public mutating func look(
    at process: borrowing ProcessDirectory, nowNs: Int64
  ) throws(HostError) -> Findings {
    do {
      return try read(of: process, nowNs: nowNs)
    } catch {
      guard case .malformed = error else { throw error }
      // Most likely it has just been rotated.
      bookmark = nil
      return try read(of: process, nowNs: nowNs)
    }
  }

  private mutating func read(
    of process: borrowing ProcessDirectory, nowNs: Int64
  ) throws(HostError) -> Findings {
    if let bookmark, try source.status(of: process) == bookmark.status { return bookmark.findings }
    guard let file = try source.open(of: process) else {
      bookmark = nil
      return Findings()
    }
    let size = file.status.sizeBytes
    try checkBookmark(against: file)
    let sample = try Self.sample(of: file, endingAt: size)
    var tail = LogTail(descriptor: file.descriptor, path: file.path, sizeBytes: size)
    var budget = limitBytes
    // Whatever was appended since the last look was written since the process started.
    var search = LogSearch(
      question, format: source.format, startedNs: bookmark == nil ? startedWallNs : .min,
      nowNs: bookmark == nil ? nowNs : .max)
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

  /// Forgets what was read, where the file is not that one with more behind it.
  private mutating func checkBookmark(against file: borrowing LogSource.Opened) throws(HostError) {
    guard let known = bookmark else { return }
    // Where there was no whole line yet, all is still to be read: the first line is the start of the log.
    guard file.status.isSameFile(as: known.status), file.status.sizeBytes >= known.status.sizeBytes,
      known.endOffset != 0, try Self.sample(of: file, endingAt: known.status.sizeBytes) == known.sample
    else {
      bookmark = nil
      return
    }
  }

  /// What is known after a search, together with what was known before it.
  private func findings(of search: LogSearch, _ ending: LogTail.Ending, in status: FileStatus) -> Findings {
    // Between these lines and those that were known is a gap.
    let known = ending == .limit || search.isBroken ? nil : bookmark?.findings
    var findings = Findings()
    findings.lines = Array(((known?.lines ?? []) + search.found.reversed()).suffix(LogSearch.limitFound))
    findings.hint = search.hint ?? (search.found.isEmpty && !search.hasEndedHints ? known?.hint : nil)
    findings.wholeSinceNs = known?.wholeSinceNs ?? search.wholeSinceNs
    // Where no line says when it was written: the file was made or cut at its last change or before.
    if bookmark == nil, ending == .start, !search.isBroken, !search.hasTimes {
      findings.wholeSinceNs = status.modifiedNs
    }
    findings.newestNs = search.newestNs.map { min($0, status.modifiedNs) } ?? bookmark?.findings.newestNs
    return findings
  }

  private func readOlder(
    than path: FilePath, _ search: inout LogSearch, _ budget: inout Int
  ) throws(HostError) {
    switch try source.older(than: path) {
    // Of a file to which no runtime adds times, its start says nothing of when the process started.
    case .none: search.reachStart(isGood: source.format != .plain)
    // A runtime begins a file with a whole entry. What it cut off a longer line cannot be taken for a line in JSON.
    case .unreadable: search.reachStart(isGood: true)
    case .file(let file):
      var tail = LogTail(descriptor: file.descriptor, path: file.path, sizeBytes: file.status.sizeBytes)
      _ = try tail.visit(limitBytes: &budget) { search.visit($0) }
      search.reachStart(isGood: false)
    }
  }

  private static let sampleBytes = 256

  private static func sample(
    of file: borrowing LogSource.Opened, endingAt end: Int64
  ) throws(HostError) -> [UInt8] {
    let start = max(0, end - Int64(sampleBytes))
    var sample = [UInt8](repeating: 0, count: Int(end - start))
    var done = 0
    while done < sample.count {
      let got: Int
      do {
        got = try sample.withUnsafeMutableBytes { buffer in
          try file.descriptor.read(
            fromAbsoluteOffset: start + Int64(done),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
        }
      } catch {
        throw .unreadable(path: file.path, Errno(of: error))
      }
      guard got > 0 else { throw .changedWhileRead(file.path) }
      done += got
    }
    return sample
  }
}
