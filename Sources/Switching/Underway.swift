import Ledger
import Processes
import Text

/// Whether a process may yet act on a signal that was sent: another one would then undo the first.
public enum Underway: Hashable, Sendable {
  /// Nothing is on its way: the last signal was seen to be acted on, or is seen not to be on its way.
  case nothing
  /// The kernel has one that it has not delivered.
  case pending(isOwn: Bool)
  /// The handler has taken it, and the process's event loop has not got to it.
  case queued
  /// Another command of this tool, which still runs, is about to send one.
  case claimed(by: ProcessIdentity)
  /// This tool has sent one that has not shown, and nothing tells where it is.
  case unseen(age: Duration)
}

/// What is known of a process besides what is read of it.
struct LevelContext {
  let entry: LedgerEntry?
  /// Whether it is known what this tool has done.
  let isLedgerKnown: Bool
  /// What became of the command that sent the last signal, or was about to.
  let sender: Sender

  enum Sender {
    case ended
    case running
    /// It cannot see what comes of its signal before it goes on.
    case stopped
  }
  let now: HostClock
}

extension Underway {
  /// Decides it from what was seen.
  ///
  /// A signal is settled by evidence from the process itself: its level, an empty queue before an idle event
  /// loop, or lines of its log that were written well after the signal. The time that has passed is not
  /// evidence.
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
    let isAnswered = level.evidence.isOfProcess && level.debug == sent.wanted
    if sent.progress == .intended, let sender = sent.sender,
      // While it runs even then: another signal would hide from it what came of its own.
      isAnswered ? context.sender == .running : context.sender != .ended
    {
      self = .claimed(by: sender)
    } else if isAnswered {
      self = .nothing
    } else if reading.evidence.pipes?.areDrained == true
      || Self.hasLogMovedOn(reading.evidence.log, sent, context)
    {
      self = .nothing
    } else {
      self = .unseen(age: context.now.age(of: sent.at))
    }
  }

  /// Whether the log has lines that the process wrote so long after the signal that its own would be among
  /// them.
  private static func hasLogMovedOn(
    _ log: LoggedLevel.Finding?, _ sent: LedgerEntry.SentSignal, _ context: LevelContext
  ) -> Bool {
    guard let log, let newest = log.newest else { return false }
    let moment = context.now.wall(at: sent.at)
    return log.wholeSince <= moment && newest > moment + settling
  }

  /// A blocked loop was seen to get to its signal after 20 s and more; one that logs is not blocked. The rest
  /// is slack for two clocks, and for lines out of order.
  private static let settling = Duration.seconds(5)
}

extension Underway {
  /// Why no signal is added; `nil` if none is on its way.
  public var sentence: String? {
    switch self {
    case .nothing: nil
    case .pending(isOwn: true): "this tool's signal is still pending; none was added"
    case .pending(isOwn: false): "a signal that somebody sent is still pending; none was added"
    case .queued:
      "the process has a signal that it has not acted on yet (its event loop is busy); none was added"
    case .claimed(let sender): "another placeos-loglevel (pid \(sender.pid)) is switching it; none was added"
    case .unseen(let age):
      "a signal of \(DurationText(age)) ago has not shown yet; none was added (--resend sends one all the same)"
    }
  }
}
