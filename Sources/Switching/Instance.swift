import Containers
import Ledger
import PlaceOS
import Processes

/// One process of a PlaceOS service, as observed at one moment.
public struct Instance: Hashable, Sendable {
  public let identity: ProcessIdentity
  public let service: Service
  public let executable: ExecutableFile
  public let arguments: [String]
  public let container: Container?
  public let handling: Handling
  /// What proves that it belongs to PlaceOS; `nil`: only its name says so.
  public let proof: Proof?
  public let level: LevelReading
  /// Whether the process is stopped (SIGSTOP, a terminal, a debugger) or frozen (a paused container): it
  /// would not act on a signal.
  public let isStopped: Bool
  /// The signal that it may still act on.
  public let underway: Underway
  /// Its level from its start, from its environment; `nil` if that could not be read.
  public let startLevel: LogLevel?
  /// Whether it may be a copy that its service has just forked, about to execute another program.
  public let isFreshCopy: Bool
  /// What this tool has recorded of this process.
  public let entry: LedgerEntry?
  /// Why it cannot be read now; then nothing is done to it, and nothing else is said of it.
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

  /// A recognised process whose level cannot be read now.
  init(_ process: RecognisedProcess, _ failure: HostError, entry: LedgerEntry?) {
    self.init(
      identity: process.identity, service: process.service, executable: process.executable,
      arguments: process.arguments, container: process.container, handling: .unread, proof: process.proof,
      level: LevelReading(debug: nil, evidence: .assumed, refusal: failure), isStopped: false,
      underway: .nothing, startLevel: process.startLevel, entry: entry, failure: failure)
  }

  /// A recorded process that cannot be read now.
  init(_ entry: LedgerEntry, _ failure: HostError, catalogue: Catalogue) {
    self.init(
      identity: entry.identity,
      service: catalogue.service(named: entry.service) ?? Service(name: entry.service, executables: []),
      executable: ExecutableFile(path: entry.executable, device: nil, inode: nil), arguments: [],
      container: entry.container, handling: .unread, proof: nil,
      level: LevelReading(debug: nil, evidence: .assumed, refusal: failure), isStopped: false,
      underway: .nothing, startLevel: nil, entry: entry, failure: failure)
  }

  init(_ process: RecognisedProcess, _ reading: Reading, _ context: LevelContext) {
    let entry = context.entry
    let level =
      process.unswitchable != nil
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

  /// Why it cannot be switched; `nil` if it can.
  ///
  /// - Parameter trustingName: whether a person has said that its name alone is enough.
  public func obstacle(trustingName: Bool = false) -> Obstacle? {
    if failure != nil { return .unreadable }
    if let obstacle = handling.obstacle { return obstacle }
    if isFreshCopy { return .freshCopy }
    return proof == nil && !trustingName ? .unproved : nil
  }

  /// Whether this tool has it in debug mode, as far as is known: only then may the tool take it back.
  public var isOurs: Bool { entry?.debug == true && level.debug != false }

  /// When the process started.
  public var started: BootTime { identity.started }

  /// Whether a signal of the kind that switches it was sent and not yet acted on, as far as that is visible.
  public var isSignalPending: Bool {
    switch underway {
    case .pending, .queued: true
    case .nothing, .claimed, .unseen: false
    }
  }
}

extension Instance {
  /// Its present level; `nil` if that is unknown.
  public var logLevel: LogLevel? {
    guard let debug = level.debug else { return nil }
    if debug { return .inDebugMode }
    return wasSwitched ? .afterReturn(of: service.levelKind) : startLevel
  }

  /// Whether it has been in debug mode and came back: it is then at the handler's level, not its own.
  ///
  /// Its own log shows that as well, if somebody has switched it by hand.
  public var wasSwitched: Bool {
    entry != nil || handling.obstacle == .latchSpent || (level.debug == false && level.evidence == .log)
  }
}
