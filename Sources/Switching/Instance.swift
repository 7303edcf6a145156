import Containers
import Ledger
import PlaceOS
import Processes

/// One process of a PlaceOS service, as it was observed at one moment.
public struct Instance: Hashable, Sendable {
  public let identity: ProcessIdentity
  public let service: Service
  public let executable: ExecutableFile
  public let arguments: [String]
  public let container: Container?
  public let handling: Handling
  /// What proves that it is PlaceOS's; `nil`: it is only called so.
  public let proof: Proof?
  public let level: LevelReading
  /// Whether the process is stopped (SIGSTOP, a terminal, a debugger): it would not act on a signal.
  public let isStopped: Bool
  /// Whether a signal of the kind that switches it is sent and not delivered yet.
  public let isSignalPending: Bool
  /// When the process started, nanoseconds on the boot-time clock.
  public let startedBoottimeNs: Int64
  /// The level it has had from its start, from its environment; `nil` where that could not be read.
  public let startLevel: LogLevel?
  /// What this tool has recorded of this very process.
  public let entry: LedgerEntry?

  public init(
    identity: ProcessIdentity, service: Service, executable: ExecutableFile, arguments: [String],
    container: Container?, handling: Handling, proof: Proof?, level: LevelReading, isStopped: Bool,
    isSignalPending: Bool, startedBoottimeNs: Int64, startLevel: LogLevel?, entry: LedgerEntry?
  ) {
    self.identity = identity
    self.service = service
    self.executable = executable
    self.arguments = arguments
    self.container = container
    self.handling = handling
    self.proof = proof
    self.level = level
    self.isStopped = isStopped
    self.isSignalPending = isSignalPending
    self.startedBoottimeNs = startedBoottimeNs
    self.startLevel = startLevel
    self.entry = entry
  }

  /// Why it cannot be switched; `nil` where it can.
  ///
  /// - Parameter trustingName: whether its name alone is to be enough, by the word of a person.
  public func obstacle(trustingName: Bool = false) -> Obstacle? {
    if let obstacle = handling.obstacle { return obstacle }
    return proof == nil && !trustingName ? .unproved : nil
  }

  /// Whether this tool has it in debug mode, as far as is known: only then is it the tool's to take back.
  public var isOurs: Bool { entry?.debug == true && level.debug != false }
}

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
  /// `nil` where it cannot be told.
  public let debug: Bool?
  public let evidence: Evidence
  /// Why stronger evidence could not be had, where it was refused.
  public let refusal: HostError?

  public init(debug: Bool?, evidence: Evidence, refusal: HostError? = nil) {
    self.debug = debug
    self.evidence = evidence
    self.refusal = refusal
  }
}

extension Instance {
  /// The level it has now; `nil` where that cannot be told.
  public var logLevel: LogLevel? {
    guard let debug = level.debug else { return nil }
    if debug { return .inDebugMode }
    return wasSwitched ? .afterReturn(of: service.levelKind) : startLevel
  }

  /// Whether it has been in debug mode and came back: it is at the handler's level then, not at its own.
  public var wasSwitched: Bool { entry != nil || handling.obstacle == .latchSpent }
}
