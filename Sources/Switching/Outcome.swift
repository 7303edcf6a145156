import Containers
import Ledger
import PlaceOS
import Processes

/// The outcome for one target.
public struct Outcome: Hashable, Sendable {
  public enum Kind: String, Sendable {
    /// Sent, and the process shows that it acted.
    case switched
    /// It would be sent, but this is only a plan.
    case wouldSwitch = "would_switch"
    /// Already as asked: nothing was sent.
    case unchanged
    /// Sent, and nothing shows that the process acted.
    case unconfirmed
    /// Nothing was sent, for a reason that lies in the process itself.
    case refused
    /// Nothing was sent, or it did not arrive, for another reason.
    case failed
    /// The process has ended.
    case vanished
  }

  /// The target, as a report shows it.
  public struct Target: Hashable, Sendable {
    public let identity: ProcessIdentity
    public let service: String
    public let executable: String
    public let container: Container?

    public init(
      identity: ProcessIdentity, service: String, executable: String, container: Container?
    ) {
      self.identity = identity
      self.service = service
      self.executable = executable
      self.container = container?.recorded
    }
  }

  /// What else there is to say; the Report target has the sentences.
  public enum Note: Hashable, Sendable {
    case obstacle(Obstacle)
    case stopped
    /// A signal may yet be acted on: no other is sent on top of it.
    case underway(Underway)
    /// Evidence of its level that must not be acted on.
    case doubt(LevelReading.Doubt)
    case levelUnknown
    case onlyAssumed
    /// Already in debug mode, and not by this tool.
    case switchedOutside
    /// The process had already left debug mode, whoever did it.
    case switchedBackOutside
    /// The entry's process has ended; what runs now is at its own level.
    case restarted
    /// The process is another program by now, or no longer works as its service.
    case changedProgram
    case ended
    /// A latch: on and off once each in the life of the process.
    case latchOnce
    /// Going back ends at this level, not at the one it started with.
    case comesBackTo(LogLevel, startedAt: LogLevel)
    case moduleLoggersKeep
    /// What was last seen while waiting for confirmation.
    case lastSeen(debug: Bool?, evidence: Evidence)
    case deadlineMoved
    /// It no longer has a deadline.
    case deadlineRemoved
    /// Nothing was sent: the signal could not be recorded, and nothing in the process shows its level.
    case unrecorded
    case host(HostError)
    case notSent
    /// The program was asked to end.
    case interrupted
  }

  public let target: Target
  public var before: Bool?
  public var after: Bool?
  public var kind: Kind
  public var evidence: Evidence
  public var deadline: Deadline?
  public var notes: [Note]
  /// Whether it keeps the exit status from being 0.
  public var isAsAsked: Bool
  /// Why stronger evidence was not available, if it was refused.
  public var refusal: HostError?

  public init(
    target: Target, before: Bool?, after: Bool?, kind: Kind, evidence: Evidence,
    deadline: Deadline? = nil, notes: [Note] = [], isAsAsked: Bool, refusal: HostError? = nil
  ) {
    self.target = target
    self.before = before
    self.after = after
    self.kind = kind
    self.evidence = evidence
    self.deadline = deadline
    self.notes = notes
    self.isAsAsked = isAsAsked
    self.refusal = refusal
  }
}

extension Outcome.Target {
  /// The service where it runs.
  public var place: ServicePlace {
    ServicePlace(service: service, executable: executable, container: container)
  }

  public init(_ instance: Instance) {
    self.init(
      identity: instance.identity, service: instance.service.name, executable: instance.executable.path,
      container: instance.container)
  }

  public init(_ entry: LedgerEntry) {
    self.init(
      identity: entry.identity, service: entry.service, executable: entry.executable,
      container: entry.container)
  }
}
