import Ledger
import Processes

/// What `status` found.
public struct StatusResult: Sendable {
  public let instances: [Instance]
  public let unmatched: [Unmatched]
  /// Entries whose process has ended: what runs in its place is at its own level.
  public let restarted: [LedgerEntry]
  public let unreadable: [HostError]
  public let bootID: String
  public let now: HostClock
  /// Who keeps the deadlines; `nil`: nobody has lately.
  public let keeper: RevertKeeper?
  /// The services that are to be in debug mode after a restart as well.
  public let followed: [FollowedService]
  /// Those of them that are selected and none of whose processes is in debug mode: they are restarting.
  public let awaited: [FollowedService]
  /// What has been measured of processes in debug mode, by the agent or from one look to the next.
  public var figures: WriteFigures?
  /// Why what is recorded is not known; then only what the processes themselves show is.
  public let stateProblem: LedgerError?

  public init(
    instances: [Instance], unmatched: [Unmatched], restarted: [LedgerEntry], unreadable: [HostError],
    bootID: String, now: HostClock, keeper: RevertKeeper?, followed: [FollowedService] = [],
    awaited: [FollowedService] = [], figures: WriteFigures? = nil, stateProblem: LedgerError? = nil
  ) {
    self.instances = instances
    self.unmatched = unmatched
    self.restarted = restarted
    self.unreadable = unreadable
    self.bootID = bootID
    self.now = now
    self.keeper = keeper
    self.followed = followed
    self.awaited = awaited
    self.figures = figures
    self.stateProblem = stateProblem
  }

  /// The followed service whose work the process does; `nil` where it is not followed.
  public func followed(_ instance: Instance) -> FollowedService? {
    let place = Outcome.Target(instance).place
    return followed.first { $0.place == place }
  }

  /// What the agent has measured of a process that this tool has in debug mode.
  public func figure(_ instance: Instance) -> WriteFigures.Figure? {
    guard instance.isOurs else { return nil }
    return figures?.figure(of: instance.identity, nowBoottimeNs: now.boottimeNs)
  }

  /// Whether anything matched, and whether all of it could be looked at.
  public var exitStatus: ExitStatus {
    let isPartial =
      stateProblem != nil || !unmatched.isEmpty || !unreadable.isEmpty
      || instances.contains { $0.failure != nil }
    return instances.isEmpty ? .nothingMatched : isPartial ? .notAsAsked : .done
  }
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
  /// How many lines the system log did not take.
  public var unlogged = 0
  public var now: HostClock
  /// Who keeps the deadlines; `nil`: nobody has lately.
  public var keeper: RevertKeeper?
  /// The signal that ended it before its time.
  public var interruptedBy: Int32?
  /// Followed services that were let go while none of their processes ran.
  public var released: [FollowedService] = []

  public init(
    request: Request, outcomes: [Outcome], unmatched: [Unmatched], restarted: [LedgerEntry],
    unreadable: [HostError], unrecorded: [LedgerError], now: HostClock, keeper: RevertKeeper?
  ) {
    self.request = request
    self.outcomes = outcomes
    self.unmatched = unmatched
    self.restarted = restarted
    self.unreadable = unreadable
    self.unrecorded = unrecorded
    self.now = now
    self.keeper = keeper
  }

  /// What became of the whole; what matched nothing is as asked where the request is only for what is present.
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
