import Text

/// Picks the lines of a log that certainly are complete lines of a process, written since it started. It is
/// shown the log's lines from the last to the first.
struct LogSearch {
  let question: ServiceLog.Question
  let format: LogEntry.Format
  /// What was written before is another process's.
  let started: WallTime

  /// The lines found, the last first.
  private(set) var found: [[UInt8]] = []
  /// Whether the last line of standard output ended there; `nil` if there was none.
  private(set) var lastEndsLine: Bool?
  /// Whether any line had a time.
  private(set) var hasTimes = false
  /// Whether anything further back is of no use.
  private(set) var isOver = false
  /// The newest line that is a hint, if no wanted line was written after it.
  private(set) var hint: [UInt8]?
  /// Whether no line further back is one.
  private(set) var hasEndedHints = false
  /// Every line written at this time or later is in the log: `.distantPast` if lines from before the start are
  /// there too, `.distantFuture` if nothing is known.
  private(set) var wholeSince: WallTime = .distantFuture
  /// When the newest line that has its own time was written.
  private(set) var newest: WallTime?

  /// Lines for which an earlier line must still show that they are complete, or since the start; the last
  /// first.
  private var pending: [[UInt8]] = []
  /// No line further back can be later than this.
  private var latest: WallTime
  /// Whether lines are missing in the middle, and the search ended there.
  private(set) var isBroken = false

  /// Lines may be out of order by this much: a runtime stamps a line when it gets to it.
  private static let slack = Duration.seconds(2)
  /// More than are ever needed, and a bound on what a process can make this program keep.
  static let limitFound = 64
  /// Longer lines of a file are not parsed; wanted lines are far shorter.
  private static let limitWantedBytes = 8 << 10
  /// What a runtime puts before a line, and the line's first field.
  private static let headBytes = 128

  init(_ question: ServiceLog.Question, format: LogEntry.Format, started: WallTime, now: WallTime) {
    self.question = question
    self.format = format
    self.started = started
    latest = now
  }

  /// - Parameter line: `nil` stands for a line too long to be parsed.
  /// - Returns: whether to go on.
  mutating func visit(_ line: UnsafeRawBufferPointer?) -> Bool {
    // NULs appear where a file was truncated under its writer, or the machine lost power: something is
    // missing there, and what follows is complete.
    guard let line else {
      // A process's own file may have lines of any length, and wanted lines are not long. A runtime's entries
      // are short.
      return format == .plain ? true : breakOff()
    }
    guard let (whole, entry) = entry(in: line) else { return breakOff() }
    guard visit(whole, entry) else { return false }
    return whole.count < line.count ? breakOff() : true
  }

  private mutating func visit(_ whole: UnsafeRawBufferPointer, _ entry: LogEntry) -> Bool {
    let time = entry.time ?? question.time(whole)
    if let time {
      hasTimes = true
      // The clock was set back in between: times from before and after it cannot be compared with the start,
      // or a moment.
      guard time.wall <= latest || time.wall - latest <= Self.slack else {
        wholeSince = .distantFuture
        return end()
      }
      latest = min(latest, time.wall)
    }
    // A time cut to the second, say, may be from before the start though it need not be.
    let isOld = time.map { $0.wall < started }
    let isOfStart = isOld == true && format == .plain && time!.wall >= started - ServiceLog.timeCut
    note(time, isOld: isOld == true && !isOfStart)
    guard entry.isStandardOutput else { return true }
    lastEndsLine = lastEndsLine ?? entry.endsLine

    if format != .plain {
      if !resolve(isGood: entry.endsLine) { return false }
    } else if let isOld, !resolve(isGood: !isOld) {
      return false
    }
    if isOld == true { return isOfStart ? true : end() }

    noteNewest(whole, entry)
    guard entry.endsLine, whole.count <= Self.limitWantedBytes, mayBeWanted(whole),
      let text = LogEntry.text(format, whole)
    else { return true }
    if question.isWanted(text) {
      pending.append(text)
      hasEndedHints = true
    } else if !hasEndedHints {
      if question.endsHints(text) {
        hasEndedHints = true
      } else if question.isHint(text) {
        (hint, hasEndedHints) = (text, true)
      }
    }
    guard found.count + pending.count < Self.limitFound else { return end() }
    return format == .plain && time != nil ? resolve(isGood: true) : true
  }

  /// The entry of a line of the file, without the remains in front of it.
  private func entry(in line: UnsafeRawBufferPointer) -> (UnsafeRawBufferPointer, LogEntry)? {
    let start = line.firstIndex { $0 != 0 } ?? line.count
    let rest = UnsafeRawBufferPointer(rebasing: line[start...])
    let last = UnsafeRawBufferPointer(rebasing: rest[LogEntry.lastStart(format, rest)...])
    return LogEntry(format, last).map { (last, $0) }
  }

  /// If no runtime adds times, a client can cause a line with any time: a line from before the start then
  /// ends the search, and proves nothing about what is before it.
  private mutating func note(_ time: LogTime?, isOld: Bool) {
    guard let time else { return }
    if !isOld {
      wholeSince = min(wholeSince, time.wall)
    } else if format != .plain {
      wholeSince = .distantPast
    }
  }

  private mutating func noteNewest(_ line: UnsafeRawBufferPointer, _ entry: LogEntry) {
    guard newest == nil, line.count <= Self.limitWantedBytes, let text = LogEntry.text(format, line) else {
      return
    }
    guard let own = text.withUnsafeBytes({ question.time($0) }) else { return }
    // The runtime adds the time at which it got the line, which may be much later; the line's own may be a
    // client's.
    newest = entry.time.map { min($0.wall, own.wall) } ?? own.wall
  }

  private func mayBeWanted(_ line: UnsafeRawBufferPointer) -> Bool {
    func holds(_ mark: [UInt8], within part: UnsafeRawBufferPointer) -> Bool {
      mark.withUnsafeBufferPointer { part.offset(of: $0) } != nil
    }
    let head = UnsafeRawBufferPointer(rebasing: line.prefix(Self.headBytes))
    return holds(question.mark, within: line) || question.hintMarks.contains { holds($0, within: head) }
  }

  /// Lines are missing here: those further back say nothing of the present. What was found since is complete.
  private mutating func breakOff() -> Bool {
    isBroken = true
    if !isOver { _ = resolve(isGood: true) }
    return end()
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
