import Ledger
import Processes

/// What `status` found.
public struct StatusResult: Sendable {
  public let instances: [Instance]
  public let unmatched: [Unmatched]
  /// Entries whose process has ended: its replacement is at its own level.
  public let restarted: [LedgerEntry]
  public let unreadable: [HostError]
  public let bootID: String
  public let now: HostClock
  public var keepers: Keepers
  /// The services that should be in debug mode after a restart as well.
  public let followed: [FollowedService]
  /// The selected ones of them without any process in debug mode: they are restarting.
  public let awaited: [FollowedService]
  /// Measurements of processes in debug mode, by the agent or from one look to the next.
  public var figures: WriteFigures?
  /// Services whose container is not running.
  public let idle: [IdleService]
  /// Why the recorded state is unknown; then only what the processes themselves show counts.
  public let stateProblem: LedgerError?

  public init(
    instances: [Instance], unmatched: [Unmatched], restarted: [LedgerEntry], unreadable: [HostError],
    bootID: String, now: HostClock, keepers: Keepers, followed: [FollowedService] = [],
    awaited: [FollowedService] = [], figures: WriteFigures? = nil, idle: [IdleService] = [],
    stateProblem: LedgerError? = nil
  ) {
    self.instances = instances
    self.unmatched = unmatched
    self.restarted = restarted
    self.unreadable = unreadable
    self.bootID = bootID
    self.now = now
    self.keepers = keepers
    self.followed = followed
    self.awaited = awaited
    self.figures = figures
    self.idle = idle
    self.stateProblem = stateProblem
  }

  /// Who keeps the deadlines; `nil`: nobody.
  public var keeper: RevertKeeper? { keepers.keeper(bootID: bootID, now: now) }

  /// The followed service whose work the process does; `nil` if it is not followed.
  public func followed(_ instance: Instance) -> FollowedService? {
    let place = Outcome.Target(instance).place
    return followed.first { $0.place == place }
  }

  /// The agent's measurements of a process that this tool has in debug mode.
  public func figure(_ instance: Instance) -> WriteFigures.Figure? {
    guard instance.isOurs else { return nil }
    return figures?.figure(of: instance.identity, now: now.boottime)
  }

  /// Whether anything matched, and all of it could be read.
  public var exitStatus: ExitStatus {
    let isPartial =
      stateProblem != nil || !unmatched.isEmpty || !unreadable.isEmpty
      || instances.contains { $0.failure != nil }
    return instances.isEmpty && idle.isEmpty ? .nothingMatched : isPartial ? .notAsAsked : .done
  }
}

/// What a switching command has done.
public struct RunResult: Sendable {
  public let request: Request
  public var outcomes: [Outcome]
  public var unmatched: [Unmatched]
  public var restarted: [LedgerEntry]
  public var unreadable: [HostError]
  /// What could not be written after signals had been sent.
  public var unrecorded: [LedgerError]
  /// How many lines the system log did not take.
  public var unlogged = 0
  public var now: HostClock
  public let bootID: String
  public var keepers: Keepers
  /// The signal that ended it early.
  public var interruptedBy: Int32?
  /// Followed services that were unfollowed while none of their processes ran.
  public var released: [FollowedService] = []

  public init(
    request: Request, outcomes: [Outcome], unmatched: [Unmatched], restarted: [LedgerEntry],
    unreadable: [HostError], unrecorded: [LedgerError], now: HostClock, bootID: String,
    keepers: Keepers
  ) {
    self.request = request
    self.outcomes = outcomes
    self.unmatched = unmatched
    self.restarted = restarted
    self.unreadable = unreadable
    self.unrecorded = unrecorded
    self.now = now
    self.bootID = bootID
    self.keepers = keepers
  }

  /// Who keeps the deadlines; `nil`: nobody.
  public var keeper: RevertKeeper? { keepers.keeper(bootID: bootID, now: now) }

  /// The result of the whole; no match is as asked if the request is only for what is present.
  public var exitStatus: ExitStatus {
    if let interruptedBy { return .signal(interruptedBy) }
    if outcomes.contains(where: { !$0.isAsAsked }) || !unrecorded.isEmpty || !unreadable.isEmpty {
      return .notAsAsked
    }
    if request.isOnlyIfPresent { return .done }
    if !unmatched.isEmpty { return outcomes.isEmpty ? .nothingMatched : .notAsAsked }
    if !released.isEmpty { return .done }
    // `revert` with nothing to take back is as asked; cron runs it every minute.
    return outcomes.isEmpty && request.verb != .revert ? .nothingMatched : .done
  }
}
