import Ledger
import Logs
import PlaceOS
import Processes
import Text

/// What shows that a process is, or is not, in debug mode; the most certain first.
public enum Evidence: String, Sendable, CaseIterable {
  /// The service's own trace flag.
  case memory
  /// Its signal dispositions.
  case signals
  /// Its own last line about its level.
  case log
  /// What this tool did to that very process.
  case ledger
  /// None: never touched, as far as anyone can tell.
  case assumed

  /// Whether the process itself shows it.
  public var isOfProcess: Bool { self == .memory || self == .signals || self == .log }
}

/// Whether a process is in debug mode, and how that is known.
public struct LevelReading: Hashable, Sendable {
  /// Why evidence must not be acted on, though it may be right.
  public enum Doubt: Hashable, Sendable {
    /// The log, in a format in which clients can write lines, contradicts the record.
    case logAgainstLedger(log: Bool)
    /// Such a log is the only evidence.
    case logAlone
    /// Lines of the log since the start of the process can be missing.
    case logIncomplete
    /// A signal of this tool has not shown yet.
    case signalUnseen
  }

  /// `nil` if unknown.
  public let debug: Bool?
  public let evidence: Evidence
  /// Why stronger evidence was not available, if it was refused.
  public let refusal: HostError?
  public let doubt: Doubt?

  public init(debug: Bool?, evidence: Evidence, refusal: HostError? = nil, doubt: Doubt? = nil) {
    self.debug = debug
    self.evidence = evidence
    self.refusal = refusal
    self.doubt = doubt
  }

  /// For a process that no signal can switch.
  static let unknown = LevelReading(debug: nil, evidence: .assumed)
}

extension LevelReading {
  /// The first evidence that answers: what the process itself shows, then what is known of it.
  ///
  /// - Parameters:
  ///   - entry: the record of this very process.
  ///   - isLedgerKnown: whether it is known what this tool has done; if not, a level that no process shows is
  ///     unknown.
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
      // Its SIGUSR2 was unused when it was seen in debug mode, and is used up now: it has left it.
      self = known(false, .signals)
    } else if let log = evidence.log, let debug = log.debug(of: reading.handling.dialect) {
      self = Self.byLog(debug, log, entry, now, known)
    } else if let entry {
      self = Self.byLedger(entry, evidence.log, now, known)
    } else if evidence.log.map({ $0.wholeSince > .distantPast })
      ?? (evidence.logRefusal?.isForbidden == false)
    {
      // Somebody may have switched it, and the line that said so is gone.
      self = known(nil, .assumed, .logIncomplete)
    } else {
      // Both signals of a latch are used up: it was switched, and nothing tells which came last.
      self = known(isSpent || !isLedgerKnown ? nil : false, .assumed)
    }
  }

  /// What this tool did last, unless somebody else can have done something since without a trace.
  private static func byLedger(
    _ entry: LedgerEntry, _ log: LoggedLevel.Finding?, _ now: HostClock,
    _ known: (Bool?, Evidence, Doubt?) -> LevelReading
  ) -> LevelReading {
    // Nobody knows whether an unconfirmed signal was sent at all, or will be acted on.
    guard entry.lastSignal?.progress.isSettled ?? true else { return known(nil, .ledger, .signalUnseen) }
    let lastWord = now.wall(at: entry.lastSignal?.at ?? entry.since)
    if let log, log.wholeSince > lastWord { return known(nil, .ledger, .logIncomplete) }
    return known(entry.debug, .ledger, nil)
  }

  /// A log in a format in which clients can write lines counts only together with the record. If it does not
  /// reach past a signal that was sent, it cannot tell what came of that signal.
  private static func byLog(
    _ debug: Bool, _ log: LoggedLevel.Finding, _ entry: LedgerEntry?, _ now: HostClock,
    _ known: (Bool?, Evidence, Doubt?) -> LevelReading
  ) -> LevelReading {
    if let sent = entry?.lastSignal, debug != sent.wanted, let newest = log.newest {
      // A line of the signal's own second may be of before it. That counts for one that was seen to work, and against
      // one that was not: a log that stands still must not have it sent again.
      let slack = sent.progress == .confirmed ? .zero - ServiceLog.timeCut : ServiceLog.timeCut
      if newest <= now.wall(at: sent.at) + slack {
        return switch sent.progress {
        case .taken: known(sent.wanted, .ledger, nil)
        case .confirmed: known(nil, .ledger, .logIncomplete)
        case .intended, .sent: known(nil, .ledger, .signalUnseen)
        }
      }
    }
    guard log.isForgeable else { return known(debug, .log, nil) }
    guard let entry, let sent = entry.lastSignal else { return known(debug, .log, .logAlone) }
    if debug == sent.wanted { return known(debug, .log, nil) }
    return sent.progress.isSettled
      ? known(nil, .ledger, .logAgainstLedger(log: debug)) : known(nil, .ledger, .signalUnseen)
  }
}

extension LoggedLevel.Finding {
  /// Whether a process of a dialect is in debug mode, by its log. A latch's line about leaving it may be
  /// filtered out by the level it returns to; a toggle's always appears, and after the last line at trace.
  fileprivate func debug(of dialect: Dialect) -> Bool? {
    debug ?? (isTracing && dialect == .toggle ? true : nil)
  }
}

extension LedgerEntry.SentSignal.Progress {
  /// Whether nothing more is to be expected of the signal.
  var isSettled: Bool { self == .confirmed || self == .taken }
}

extension LedgerEntry {
  /// Whether a latch was seen in debug mode with SIGUSR2 unused: this tool's last signal was seen to switch
  /// it on, or was to switch it off, which is only tried in that state.
  fileprivate var wasSeenWithWayBack: Bool {
    lastSignal.map { $0.wanted ? $0.progress == .confirmed : $0.signal == SwitchSignal.usr2.rawValue }
      ?? false
  }
}

extension LevelReading.Doubt {
  /// Why the evidence is not acted on.
  public var sentence: String {
    switch self {
    case .logAgainstLedger(let log):
      "its log says \(log ? "on" : "off") and this tool's record says \(log ? "off" : "on"); "
        + "look at the log, then restart the service or use --resend"
    case .logAlone:
      "only its log tells its level, in a format in which clients can write lines; look at it, then use --resend"
    case .logIncomplete:
      "lines of its log since its start may be missing, so its level is unknown; --resend flips it all the same"
    case .signalUnseen: "a signal from this tool has not shown yet"
    }
  }
}
