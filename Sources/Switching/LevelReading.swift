import Ledger
import PlaceOS
import Processes

/// What shows that a process is, or is not, in debug mode; most certain first.
public enum Evidence: String, Sendable, CaseIterable {
  /// The service's own trace flag.
  case memory
  /// The dispositions of its signals.
  case signals
  /// Its own last line about its level.
  case log
  /// What this tool did to that very process.
  case ledger
  /// Nothing: never touched, as far as anyone can tell.
  case assumed

  /// Whether the process itself shows it.
  public var isOfProcess: Bool { self == .memory || self == .signals || self == .log }
}

/// Whether a process is in debug mode, and how that is known.
public struct LevelReading: Hashable, Sendable {
  /// What keeps evidence from being acted on, though it may be right.
  public enum Doubt: Hashable, Sendable {
    /// The log, in a format in which clients can write lines, says otherwise than what is recorded.
    case logAgainstLedger(log: Bool)
    /// Such a log is all that there is.
    case logAlone
    /// Lines of the log since the start of the process can be missing.
    case logIncomplete
    /// A signal of this tool's has not shown yet.
    case signalUnseen
  }

  /// `nil` where it cannot be told.
  public let debug: Bool?
  public let evidence: Evidence
  /// Why stronger evidence could not be had, where it was refused.
  public let refusal: HostError?
  public let doubt: Doubt?

  public init(debug: Bool?, evidence: Evidence, refusal: HostError? = nil, doubt: Doubt? = nil) {
    self.debug = debug
    self.evidence = evidence
    self.refusal = refusal
    self.doubt = doubt
  }

  /// Of what no signal can switch.
  static let unknown = LevelReading(debug: nil, evidence: .assumed)
}

extension LevelReading {
  /// The first evidence that answers: what the process itself shows, then what is known of it.
  ///
  /// - Parameters:
  ///   - entry: what is recorded of this very process.
  ///   - isLedgerKnown: whether it is known what this tool has done; without that, what no process shows is unknown.
  ///   - refusal: why its executable cannot be read.
  init(_ reading: Reading, entry: LedgerEntry?, isLedgerKnown: Bool, refusal: HostError?, now: HostClock) {
    let evidence = reading.evidence
    let refusal = refusal ?? evidence.flagRefusal ?? evidence.logRefusal
    func known(_ debug: Bool?, _ evidence: Evidence, _ doubt: Doubt? = nil) -> LevelReading {
      LevelReading(debug: debug, evidence: evidence, refusal: refusal, doubt: doubt)
    }
    let isSpent = reading.handling.obstacle == .latchSpent
    if let flag = evidence.flag {
      self.init(debug: flag, evidence: .memory)
    } else if let debug = reading.handling.debug {
      self = known(debug, .signals)
    } else if isSpent, entry?.wasSeenWithWayBack == true {
      // Its way back was open when it was seen in debug mode, and is used up now: it went that way.
      self = known(false, .signals)
    } else if let log = evidence.log, let debug = log.debug(of: reading.handling.dialect) {
      self = Self.byLog(debug, isForgeable: log.isForgeable, entry, known)
    } else if let entry {
      self = Self.byLedger(entry, evidence.log, now, known)
    } else if evidence.log.map({ $0.wholeSinceWallNs > .min }) ?? (evidence.logRefusal?.isForbidden == false)
    {
      // Somebody may have switched it, and the line that said so is gone.
      self = known(nil, .assumed, .logIncomplete)
    } else {
      // Both signals of a latch are used up: it was touched, and what came last cannot be told.
      self = known(isSpent || !isLedgerKnown ? nil : false, .assumed)
    }
  }

  /// What this tool did last, if nobody else can have done something since without a trace.
  private static func byLedger(
    _ entry: LedgerEntry, _ log: LoggedLevel.Finding?, _ now: HostClock,
    _ known: (Bool?, Evidence, Doubt?) -> LevelReading
  ) -> LevelReading {
    // Whether a signal that was not seen to be acted on will be, or was sent at all, nobody knows.
    guard entry.lastSignal?.progress.isSettled ?? true else { return known(nil, .ledger, .signalUnseen) }
    let lastWordNs = now.wallNs(atBoottimeNs: entry.lastSignal?.atBoottimeNs ?? entry.sinceBoottimeNs)
    if let log, log.wholeSinceWallNs > lastWordNs { return known(nil, .ledger, .logIncomplete) }
    return known(entry.debug, .ledger, nil)
  }

  /// A log in a format in which clients can write lines counts only together with what is recorded.
  private static func byLog(
    _ debug: Bool, isForgeable: Bool, _ entry: LedgerEntry?,
    _ known: (Bool?, Evidence, Doubt?) -> LevelReading
  ) -> LevelReading {
    guard isForgeable else { return known(debug, .log, nil) }
    guard let entry, let sent = entry.lastSignal else { return known(debug, .log, .logAlone) }
    if debug == sent.wanted { return known(debug, .log, nil) }
    return sent.progress.isSettled
      ? known(nil, .ledger, .logAgainstLedger(log: debug)) : known(nil, .ledger, .signalUnseen)
  }
}

extension LoggedLevel.Finding {
  /// Whether a process of a dialect is in debug mode, by its log. What a latch says of its way back may be filtered out
  /// by the level that it goes back to; a toggle's word comes always, and after the last line at trace.
  fileprivate func debug(of dialect: Dialect) -> Bool? {
    debug ?? (isTracing && dialect == .toggle ? true : nil)
  }
}

extension LedgerEntry.SentSignal.Progress {
  /// Whether nothing is to be expected of the signal any more.
  var isSettled: Bool { self == .confirmed || self == .taken }
}

extension LedgerEntry {
  /// Whether a latch was seen in debug mode, its way back still open: this tool's last signal brought it there and
  /// was seen to do so, or it was to take it back, which is not begun with less.
  fileprivate var wasSeenWithWayBack: Bool {
    lastSignal.map { $0.wanted ? $0.progress == .confirmed : $0.signal == SwitchSignal.usr2.rawValue }
      ?? false
  }
}
