import Host
import Ledger

/// What `status` found.
public struct StatusResult: Sendable {
  public let instances: [Instance]
  public let unmatched: [Unmatched]
  /// Entries whose process has ended: what runs in its place is at its own level.
  public let restarted: [LedgerEntry]
  public let unreadable: [HostError]
  public let bootID: String
  public let now: HostClock
  /// Whether anything has looked after deadlines lately.
  public let isRevertArmed: Bool

  public init(
    instances: [Instance], unmatched: [Unmatched], restarted: [LedgerEntry], unreadable: [HostError],
    bootID: String, now: HostClock, isRevertArmed: Bool
  ) {
    self.instances = instances
    self.unmatched = unmatched
    self.restarted = restarted
    self.unreadable = unreadable
    self.bootID = bootID
    self.now = now
    self.isRevertArmed = isRevertArmed
  }

  /// 0, or 1 where nothing matched.
  public var exitStatus: Int32 { instances.isEmpty ? 1 : unmatched.isEmpty ? 0 : 4 }
}

/// What a command that switches has done.
public struct RunResult: Sendable {
  public let request: Request
  public var outcomes: [Outcome]
  public var unmatched: [Unmatched]
  public var restarted: [LedgerEntry]
  public var unreadable: [HostError]
  /// What could not be written after signals had been sent.
  public var unrecorded: [LedgerError]
  public var now: HostClock
  public var isRevertArmed: Bool
  /// The signal that ended it before its time.
  public var interruptedBy: Int32?

  public init(
    request: Request, outcomes: [Outcome], unmatched: [Unmatched], restarted: [LedgerEntry],
    unreadable: [HostError], unrecorded: [LedgerError], now: HostClock, isRevertArmed: Bool
  ) {
    self.request = request
    self.outcomes = outcomes
    self.unmatched = unmatched
    self.restarted = restarted
    self.unreadable = unreadable
    self.unrecorded = unrecorded
    self.now = now
    self.isRevertArmed = isRevertArmed
  }

  /// 0: all as asked; 1: nothing matched; 4: some target is not as asked; 128 and the number of a signal that
  /// ended it, as a shell has it.
  public var exitStatus: Int32 {
    if let interruptedBy { return 128 + interruptedBy }
    if outcomes.contains(where: { !$0.isAsAsked }) || !unrecorded.isEmpty || !unreadable.isEmpty { return 4 }
    if !unmatched.isEmpty { return outcomes.isEmpty ? 1 : 4 }
    // `revert` with nothing to take back is as asked; cron runs it every minute.
    return outcomes.isEmpty && request.verb != .revert ? 1 : 0
  }
}
