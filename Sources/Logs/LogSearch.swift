/// Picks the lines out of a log that certainly are whole lines of a process, written since it started.
/// It is shown the log's lines from the last to the first.
struct LogSearch {
  let question: ServiceLog.Question
  let format: LogEntry.Format
  /// Nanoseconds after the epoch; what was written before is another process's.
  let startedNs: Int64

  /// The lines that were found, the last first.
  private(set) var found: [[UInt8]] = []
  /// Whether the last line of standard output ended there; `nil` if there was none.
  private(set) var lastEndsLine: Bool?
  /// Whether what lies further back is of no use.
  private(set) var isOver = false

  /// Lines of which an earlier line has yet to show that they are whole, or since the start; the last first.
  private var pending: [[UInt8]] = []
  /// No line further back can be later than this.
  private var latestNs: Int64

  /// Lines may be out of order by this much: a runtime takes the time when it gets to it.
  private static let slackNs: Int64 = 2_000_000_000
  /// More than are ever needed, and a bound on what a process can make this program keep.
  static let limitFound = 64
  /// Longer lines of a file are not looked into; none that is looked for comes near it.
  private static let limitWantedBytes = 8 << 10

  init(_ question: ServiceLog.Question, format: LogEntry.Format, startedNs: Int64, nowNs: Int64) {
    self.question = question
    self.format = format
    self.startedNs = startedNs
    latestNs = nowNs
  }

  /// - Parameter line: `nil` stands for a line that is too long to be looked at.
  /// - Returns: whether to go on.
  mutating func visit(_ line: UnsafeRawBufferPointer?) -> Bool {
    guard let line, let entry = LogEntry(format, line) else {
      // Whether the process ended its line there cannot be told.
      if format != .plain { pending = [] }
      return true
    }
    let time = entry.time ?? question.time(line)
    if let time {
      // The clock was set back in between: times before and after cannot be compared with the start.
      guard time.wallNs - Self.slackNs <= latestNs else { return end() }
      latestNs = min(latestNs, time.wallNs)
    }
    guard entry.isStandardOutput else { return true }
    lastEndsLine = lastEndsLine ?? entry.endsLine

    // A time that is cut to the second, say, may be from before the start though it need not be.
    let isOld = time.map { $0.wallNs < startedNs }
    if format != .plain {
      if !resolve(isGood: entry.endsLine) { return false }
    } else if let isOld, !resolve(isGood: !isOld) {
      return false
    }
    if isOld == true { return end() }

    guard entry.endsLine, line.count <= Self.limitWantedBytes,
      question.mark.withUnsafeBufferPointer({ line.offset(of: $0) }) != nil,
      let text = LogEntry.text(format, line), question.isWanted(text)
    else { return true }
    pending.append(text)
    guard found.count + pending.count < Self.limitFound else { return end() }
    return format == .plain && time != nil ? resolve(isGood: true) : true
  }

  /// There is nothing further back.
  ///
  /// - Parameter isGood: whether it is known that a line begins here, and that it is since the start.
  mutating func reachStart(isGood: Bool) {
    if !isOver { _ = resolve(isGood: isGood) }
    pending = []
  }

  private mutating func resolve(isGood: Bool) -> Bool {
    guard !pending.isEmpty else { return true }
    if isGood { found += pending }
    pending = []
    guard isGood, question.isEnough(found.reversed()) else { return true }
    isOver = true
    return false
  }

  private mutating func end() -> Bool {
    pending = []
    isOver = true
    return false
  }
}
