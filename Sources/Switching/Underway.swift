import Ledger
import Processes

/// Whether a process may yet act on a signal that it was sent: whoever adds one then undoes the first.
public enum Underway: Hashable, Sendable {
  /// Nothing is: the last signal was seen to be acted on, or is seen not to be on its way.
  case nothing
  /// The kernel has one that it has not delivered.
  case pending(isOwn: Bool)
  /// The handler has taken it, and the event loop of the process has not come to it.
  case queued
  /// Another command of this tool, which still runs, is about to send one.
  case claimed(by: ProcessIdentity)
  /// This tool has sent one that has not shown, and nothing tells where it is.
  case unseen(ageNs: Int64)
}

/// What is known of a process besides what is read of it.
struct LevelContext {
  let entry: LedgerEntry?
  /// Whether it is known what this tool has done.
  let isLedgerKnown: Bool
  /// Whether the command that sent the last signal, or was about to, still runs.
  let isSenderAlive: Bool
  let now: HostClock
}

extension Underway {
  /// Decides it from what was seen.
  ///
  /// What lets go of a signal is evidence from the process itself: its level, an empty queue before an idle event loop,
  /// or lines of its log that were written well after the signal. That much time has passed is none.
  init(_ reading: Reading, _ level: LevelReading, _ context: LevelContext) {
    let sent = context.entry?.lastSignal
    let isOpen = sent.map { !$0.progress.isSettled } ?? false
    if reading.masks.hasSwitchSignalPending {
      self = .pending(isOwn: isOpen)
      return
    }
    if let pipes = reading.evidence.pipes, pipes.waitingBytes > 0, level.debug != sent?.wanted || !isOpen {
      self = .queued
      return
    }
    guard let sent, isOpen else {
      self = .nothing
      return
    }
    if level.evidence.isOfProcess, level.debug == sent.wanted {
      self = .nothing
    } else if sent.progress == .intended, context.isSenderAlive, let sender = sent.sender {
      self = .claimed(by: sender)
    } else if reading.evidence.pipes?.areDrained == true
      || Self.hasLogMovedOn(reading.evidence.log, sent, context)
    {
      self = .nothing
    } else {
      self = .unseen(ageNs: max(0, context.now.boottimeNs - sent.atBoottimeNs))
    }
  }

  /// Whether the log has lines that the process wrote so long after the signal that its own would be among them.
  private static func hasLogMovedOn(
    _ log: LoggedLevel.Finding?, _ sent: LedgerEntry.SentSignal, _ context: LevelContext
  ) -> Bool {
    guard let log, let newestNs = log.newestWallNs else { return false }
    let sentNs = context.now.wallNs(atBoottimeNs: sent.atBoottimeNs)
    return log.wholeSinceWallNs <= sentNs && newestNs > sentNs + settlingNs
  }

  /// A loop that is blocked was seen to come to its signal after 20 s and more; one that logs is not blocked. The rest
  /// is the slack of two clocks, and lines that are out of order.
  private static let settlingNs: Int64 = 5_000_000_000
}
