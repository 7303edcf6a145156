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
  /// Whether the process is stopped (SIGSTOP, a terminal, a debugger) or frozen (a paused container): it would not act
  /// on a signal.
  public let isStopped: Bool
  /// What may yet be acted on.
  public let underway: Underway
  /// The level it has had from its start, from its environment; `nil` where that could not be read.
  public let startLevel: LogLevel?
  /// Whether it may be a copy that its service has just made of itself on the way to another program.
  public let isFreshCopy: Bool
  /// What this tool has recorded of this very process.
  public let entry: LedgerEntry?
  /// Why it cannot be looked at now; nothing is done to it then, and nothing else is said of it.
  public let failure: HostError?

  public init(
    identity: ProcessIdentity, service: Service, executable: ExecutableFile, arguments: [String],
    container: Container?, handling: Handling, proof: Proof?, level: LevelReading, isStopped: Bool,
    underway: Underway, startLevel: LogLevel?, isFreshCopy: Bool = false, entry: LedgerEntry?,
    failure: HostError? = nil
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
    self.underway = underway
    self.startLevel = startLevel
    self.isFreshCopy = isFreshCopy
    self.entry = entry
    self.failure = failure
  }

  /// A process that was recognised, and whose level nobody can look at now.
  init(_ process: RecognisedProcess, _ failure: HostError, entry: LedgerEntry?) {
    self.init(
      identity: process.identity, service: process.service, executable: process.executable,
      arguments: process.arguments, container: process.container, handling: .unread, proof: process.proof,
      level: LevelReading(debug: nil, evidence: .assumed, refusal: failure), isStopped: false,
      underway: .nothing, startLevel: process.startLevel, entry: entry, failure: failure)
  }

  /// A process that is recorded, and that nobody can look at now.
  init(_ entry: LedgerEntry, _ failure: HostError, catalogue: Catalogue) {
    self.init(
      identity: entry.identity,
      service: catalogue.service(named: entry.service) ?? Service(name: entry.service, executables: []),
      executable: ExecutableFile(path: entry.executable, device: nil, inode: nil), arguments: [],
      container: entry.container.map(Container.init), handling: .unread, proof: nil,
      level: LevelReading(debug: nil, evidence: .assumed, refusal: failure), isStopped: false,
      underway: .nothing, startLevel: nil, entry: entry, failure: failure)
  }

  init(_ process: RecognisedProcess, _ reading: Reading, _ context: LevelContext) {
    let entry = context.entry
    let level =
      process.isPuma
      ? LevelReading.unknown
      : LevelReading(
        reading, entry: entry, isLedgerKnown: context.isLedgerKnown, refusal: process.refusal,
        now: context.now)
    self.init(
      identity: process.identity, service: process.service, executable: process.executable,
      arguments: process.arguments, container: process.container, handling: reading.handling,
      proof: process.proof, level: level, isStopped: reading.isStopped,
      underway: Underway(reading, level, context), startLevel: process.startLevel,
      isFreshCopy: process.isCopy && process.identity.isFresh(now: context.now), entry: entry)
  }

  /// Why it cannot be switched; `nil` where it can.
  ///
  /// - Parameter trustingName: whether its name alone is to be enough, by the word of a person.
  public func obstacle(trustingName: Bool = false) -> Obstacle? {
    if failure != nil { return .unreadable }
    if let obstacle = handling.obstacle { return obstacle }
    if isFreshCopy { return .freshCopy }
    return proof == nil && !trustingName ? .unproved : nil
  }

  /// Whether this tool has it in debug mode, as far as is known: only then is it the tool's to take back.
  public var isOurs: Bool { entry?.debug == true && level.debug != false }

  /// When the process started, nanoseconds on the boot-time clock.
  public var startedBoottimeNs: Int64 { identity.startedBoottimeNs }

  /// Whether a signal of the kind that switches it was sent and is not acted on yet, as far as that can be seen.
  public var isSignalPending: Bool {
    switch underway {
    case .pending, .queued: true
    case .nothing, .claimed, .unseen: false
    }
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
  ///
  /// Its own log tells of that as well, where somebody has switched it by hand.
  public var wasSwitched: Bool {
    entry != nil || handling.obstacle == .latchSpent || (level.debug == false && level.evidence == .log)
  }
}

extension Container {
  /// As it was recorded.
  init(_ recorded: LedgerEntry.Container) {
    self.init(
      runtime: Runtime(rawValue: recorded.runtime) ?? .unknown, id: recorded.id, name: recorded.name,
      image: recorded.image,
      pod: recorded.podName.map {
        Pod(uid: "", namespace: recorded.podNamespace, name: $0, container: recorded.podContainer)
      })
  }
}
