import Containers
import Executables
import Glibc
import Ledger
import PlaceOS
import Processes
import SystemPackage
import Text

/// What was seen of this machine at one moment.
public struct Observation: Sendable {
  /// Every process of PlaceOS, sorted by service, container and pid.
  public var instances: [Instance] = []
  /// The pids of all processes that there were, whatever they are, ascending.
  public var pids: [Int32] = []
  /// What of the ledger has ended.
  public var ended: [LedgerEntry] = []
  /// Processes that may be PlaceOS's and could not be looked at. Never taken for absent.
  public var unreadable: [HostError] = []
}

/// Scans, recognises and reads levels: the first three steps of every command.
public struct Observer {
  public let table: any ProcessTable
  public let catalogue: Catalogue
  public let bootID: String
  /// Whether it is known what this tool has done; without that, what no process shows is unknown.
  public var isLedgerKnown = true
  /// Where trace flags were found; what is learnt here makes the next run faster.
  public var symbolCache: SymbolCache
  private var containers: ContainerResolver
  private let root: FilePath
  /// Which lines of a log are a process's own, for those whose log is to be read.
  private var writers: [ProcessIdentity: LogWriter] = [:]
  /// What has been found out of a process, so that a second look at it asks only for what may have changed.
  private var known: [ProcessIdentity: KnownProgram] = [:]

  private static let nsPerTick = 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))

  public init(
    table: any ProcessTable, catalogue: Catalogue, root: FilePath, symbolCache: SymbolCache
  ) throws(HostError) {
    self.table = table
    self.catalogue = catalogue
    self.root = root
    containers = ContainerResolver(root: root)
    self.symbolCache = symbolCache
    bootID = try table.bootID()
  }

  /// Looks at every process there is.
  public mutating func observe(_ state: LedgerState?, now: HostClock) throws(HostError) -> Observation {
    var observation = Observation()
    let names = catalogue.executableNames
    let scan = try ProcessScan(of: table.proc) { names.include(ExecutableFile.withoutDeletedMark($0)) }
    observation.pids = scan.pids
    observation.unreadable = scan.unreadable
    for pid in scan.wanted { add(pid, to: &observation, state, now) }
    // What may not be looked at is not absent: it is known by what it says of itself.
    for pid in scan.forbidden where claimsToBePlaceOS(pid, &observation) {
      add(pid, to: &observation, state, now)
    }
    // What was switched may be known by a name that is in the catalogue no more.
    let looked = Set(observation.instances.map(\.identity.pid))
    for entry in state?.entries ?? [] where !looked.contains(entry.identity.pid) {
      add(entry.identity.pid, to: &observation, state, now)
    }
    for entry in state?.entries ?? [] where try !isAlive(entry.identity) { observation.ended.append(entry) }
    try readLogs(&observation, state, now)
    observation.instances.sort { $0.sortKey < $1.sortKey }
    return observation
  }

  /// Looks at a process that may be PlaceOS's, and adds it to what was seen if it is.
  private mutating func add(
    _ pid: Int32, to observation: inout Observation, _ state: LedgerState?, _ now: HostClock
  ) {
    do {
      guard let process = try ProcessDirectory.open(pid: pid, proc: table.proc),
        let instance = try instance(process, entries: state, now: now)
      else { return }
      observation.instances.append(instance)
    } catch {
      if !error.isProcessGone { observation.unreadable.append(error) }
    }
  }

  /// Looks again at those whose memory and signals do not tell their level, and now at their logs as well: only
  /// now is it known who else writes to those.
  private mutating func readLogs(
    _ observation: inout Observation, _ state: LedgerState?, _ now: HostClock
  ) throws(HostError) {
    for index in observation.instances.indices {
      let instance = observation.instances[index]
      guard !instance.level.evidence.isOfProcess, instance.handling.dialect != .none,
        let writer = LogWriter(of: instance, among: observation.instances)
      else { continue }
      writers[instance.identity] = writer
      do {
        let again = try self.instance(instance.identity, entry: state?[instance.identity], now: now)
        if let again { observation.instances[index] = again }
      } catch {
        if !error.isProcessGone { observation.unreadable.append(error) }
      }
    }
  }

  /// What reads the level of an instance; as it is known already, if the process still executes the same program.
  mutating func probe(
    of instance: Instance, _ process: borrowing ProcessDirectory, now: HostClock
  ) throws(HostError) -> LevelProbe {
    let stat = try process.stat()
    if let known = known[instance.identity],
      known.isStill(try process.knownExecutable(), try process.arguments(), stat)
    {
      return known.probe
    }
    var probe = try LevelProbe(process, cache: &symbolCache)
    probe.declaredDialect = instance.service.dialect
    try followLog(&probe, process, instance.identity, instance.service, instance.container, now)
    return probe
  }

  private func followLog(
    _ probe: inout LevelProbe, _ process: borrowing ProcessDirectory, _ identity: ProcessIdentity,
    _ service: Service, _ container: Container?, _ now: HostClock
  ) throws(HostError) {
    guard let writer = writers[identity], !probe.followsLog else { return }
    do {
      probe.follow(
        try LoggedLevel(
          process, kind: service.levelKind, container: container, writer: writer,
          startedWallNs: now.wallNs(atBoottimeNs: Self.startedNs(identity)), root: root))
    } catch {
      if error.isProcessGone { throw error }
      probe.noteRefusal(ofLog: error)
    }
  }

  private static func startedNs(_ identity: ProcessIdentity) -> Int64 {
    Int64(clamping: identity.startTicks) &* nsPerTick
  }

  /// Looks at one process; `nil` if it is gone or is no process of PlaceOS's.
  public mutating func instance(
    _ identity: ProcessIdentity, entry: LedgerEntry?, now: HostClock
  ) throws(HostError) -> Instance? {
    guard let process = try ProcessDirectory.open(pid: identity.pid, proc: table.proc) else { return nil }
    let stat = try process.stat()
    guard stat.startTicks == identity.startTicks else { return nil }
    return try instance(identity, process, stat, entry: entry, now: now)
  }

  /// Looks at the process behind a folder, whichever it is.
  private mutating func instance(
    _ process: borrowing ProcessDirectory, entries: LedgerState?, now: HostClock
  ) throws(HostError) -> Instance? {
    let stat = try process.stat()
    let identity = ProcessIdentity(bootID: bootID, pid: process.pid, startTicks: stat.startTicks)
    return try instance(identity, process, stat, entry: entries?[identity], now: now)
  }

  private mutating func instance(
    _ identity: ProcessIdentity, _ process: borrowing ProcessDirectory, _ stat: ProcStat,
    entry: LedgerEntry?, now: HostClock
  ) throws(HostError) -> Instance? {
    guard let executable = try process.knownExecutable() else { return nil }
    let arguments = try process.arguments()
    var program: KnownProgram
    if let known = known[identity], known.isStill(executable, arguments, stat) {
      program = known
    } else {
      guard let new = try self.program(identity, process, stat, executable, arguments, entry) else {
        return nil
      }
      program = new
    }
    let startedNs = Self.startedNs(identity)
    try followLog(&program.probe, process, identity, program.service, program.container, now)
    let sight = try program.probe.look(
      at: process, kind: program.service.kind, isYoung: now.boottimeNs - startedNs < Instance.startUpNs,
      now: now)
    known[identity] = program
    return Instance(
      identity: identity, service: program.service, executable: executable, arguments: arguments,
      container: program.container, handling: program.isPuma ? .puma : sight.handling, proof: program.proof,
      level: program.isPuma ? .unknown : LevelReading(sight, entry: entry, isLedgerKnown: isLedgerKnown),
      isStopped: sight.isStopped, isSignalPending: sight.masks.hasSwitchSignalPending,
      startedBoottimeNs: startedNs, startLevel: program.startLevel, entry: entry)
  }

  /// Finds out what a process is; `nil` where it is no process of PlaceOS's at its work.
  private mutating func program(
    _ identity: ProcessIdentity, _ process: borrowing ProcessDirectory, _ stat: ProcStat,
    _ executable: ExecutableFile, _ arguments: [String], _ entry: LedgerEntry?
  ) throws(HostError) -> KnownProgram? {
    guard let detail = try table.detail(of: identity.pid), detail.startTicks == identity.startTicks
    else { return nil }
    let container = try container(of: identity.pid, detail)
    var probe = try LevelProbe(process, cache: &symbolCache)
    let facts = ProcessFacts(
      executable: executable.path, arguments: arguments, comm: detail.comm,
      container: container.map(ProcessFacts.ContainerFacts.init),
      hasPlaceOSSymbols: probe.isProved)
    let recognition = catalogue.recognise(facts)
    guard let service = catalogue.service(of: recognition, entry: entry, executable: executable)
    else { return nil }
    probe.declaredDialect = service.dialect
    return KnownProgram(
      executable: executable, arguments: arguments, addresses: stat.programAddresses, service: service,
      isPuma: recognition == .puma(service), container: container,
      // What a process says of itself proves nothing, whatever image it comes from.
      proof: executable.isClaimed ? nil : catalogue.proof(of: facts), probe: probe,
      // A right that is missing here costs a word in the report, nothing else.
      startLevel: (try? process.environment()).map { .start(of: service.levelKind, environment: $0) })
  }

  /// Whether a process that may not be looked at says that it is PlaceOS's.
  private func claimsToBePlaceOS(_ pid: Int32, _ observation: inout Observation) -> Bool {
    do {
      guard let process = try ProcessDirectory.open(pid: pid, proc: table.proc),
        let claimed = try process.claimedExecutable()
      else { return false }
      let path = Array(claimed.path.utf8)
      return path.withUnsafeBufferPointer(catalogue.executableNames.include)
    } catch {
      // Where /proc hides what is others' (hidepid), it does so thousands of times: said once.
      let isSaid = error.isForbidden && observation.unreadable.contains(where: \.isForbidden)
      if !error.isProcessGone, !isSaid { observation.unreadable.append(error) }
      return false
    }
  }

  private mutating func container(
    of pid: Int32, _ detail: ProcessDetail
  ) throws(HostError) -> Container? {
    let groups: ControlGroups
    do {
      groups = try ControlGroups(parsing: detail.controlGroups)
    } catch {
      throw .malformed(path: table.proc.appending("\(pid)/cgroup"), reason: error.reason)
    }
    return try containers.container(of: pid, cgroups: groups)
  }
}

/// What is known of the program that a process executes, for as long as it is that program.
private struct KnownProgram {
  let executable: ExecutableFile
  let arguments: [String]
  let addresses: ProcStat.ProgramAddresses
  let service: Service
  let isPuma: Bool
  let container: Container?
  let proof: Proof?
  var probe: LevelProbe
  let startLevel: LogLevel?

  /// Whether the process, as it is now, is still the same program: execve(2) keeps pid and start time.
  func isStill(_ executable: ExecutableFile?, _ arguments: [String], _ stat: ProcStat) -> Bool {
    executable == self.executable && arguments == self.arguments && stat.programAddresses == addresses
  }
}

extension LevelReading {
  /// The first evidence that answers: what the process itself shows, then what is known of it.
  init(_ sight: LevelProbe.Sight, entry: LedgerEntry?, isLedgerKnown: Bool = true) {
    if let debug = sight.debug, let evidence = sight.evidence {
      self.init(debug: debug, evidence: evidence, refusal: sight.refusal)
    } else if sight.handling.obstacle == .latchSpent, entry?.wasSeenWithWayBack == true {
      // Its way back was open when it was seen in debug mode, and is used up now: it went that way.
      self.init(debug: false, evidence: .signals, refusal: sight.refusal)
    } else if let entry {
      // A writer that was ended between intent and outcome leaves nobody who knows whether it sent.
      let isKnown = entry.lastSignal?.progress != .intended
      self.init(debug: isKnown ? entry.debug : nil, evidence: .ledger, refusal: sight.refusal)
    } else {
      // Both signals of a latch are used up: it was touched, and what came last cannot be told.
      let wasTouched = sight.handling.obstacle == .latchSpent
      self.init(debug: wasTouched || !isLedgerKnown ? nil : false, evidence: .assumed, refusal: sight.refusal)
    }
  }

  /// Of what no signal can switch.
  static let unknown = LevelReading(debug: nil, evidence: .assumed)
}

extension ProcessDirectory {
  /// The executable or, where the right to ask the kernel for it is missing, the one that the process claims.
  func knownExecutable() throws(HostError) -> ExecutableFile? {
    do {
      return try executable()
    } catch {
      guard error.isForbidden else { throw error }
      return try claimedExecutable()
    }
  }

  /// What the process says that it executes: its first argument, if its comm agrees; good for a listing.
  fileprivate func claimedExecutable() throws(HostError) -> ExecutableFile? {
    guard let named = try arguments().first else { return nil }
    let comm = try stat().comm
    let base = named.utf8.split(separator: UInt8(ascii: "/")).last ?? ""[...].utf8
    // TASK_COMM_LEN, less the terminating zero; proc_pid_comm(5).
    guard !comm.isEmpty, base.prefix(15).elementsEqual(comm) else { return nil }
    return ExecutableFile(path: named, device: nil, inode: nil, isClaimed: true)
  }
}

extension LedgerEntry {
  /// Whether a latch was seen in debug mode, its way back still open: this tool's last signal brought it there and
  /// was seen to do so, or it was to take it back, which is not begun with less.
  fileprivate var wasSeenWithWayBack: Bool {
    lastSignal.map { $0.wanted ? $0.progress == .confirmed : $0.signal == SwitchSignal.usr2.rawValue }
      ?? false
  }
}

extension LevelProbe.Sight {
  /// Stopped by a signal, a terminal or a debugger; proc_pid_stat(5).
  var isStopped: Bool { state == UInt8(ascii: "T") || state == UInt8(ascii: "t") }
}

extension Catalogue {
  /// The service of a process, by what it is recognised as. Where this tool has switched it, what it was recognised
  /// as then counts too: an addition that is in the configuration no more must not keep it in debug mode.
  fileprivate func service(
    of recognition: Recognition, entry: LedgerEntry?, executable: ExecutableFile
  ) -> Service? {
    let recognised = recognition.workingService
    guard let entry, entry.executable == executable.path else { return recognised }
    switch recognition {
    case .puma, .errand: return recognised
    case .service(let service) where service.name == entry.service:
      // PlaceOS's own builds show what they speak; an own build elsewhere may need a word for it.
      if service.dialect != nil || service.executables.contains(executable.path) { return service }
    case .service, .other: break
    }
    let recorded = service(named: entry.service) ?? Service(name: entry.service, executables: [])
    guard recorded.kind == .service, let dialect = Dialect(rawValue: entry.dialect) else { return recorded }
    return recorded.speaking(dialect)
  }
}

extension Recognition {
  /// The service whose long-running process it is.
  fileprivate var workingService: Service? {
    switch self {
    case .service(let service), .puma(let service): service
    case .errand, .other: nil
    }
  }
}

extension ProcessFacts.ContainerFacts {
  init(_ container: Container) {
    self.init(
      names: [container.name, container.pod?.container].compactMap { $0 },
      composeService: container.composeService, image: container.image)
  }
}

extension Instance {
  fileprivate var sortKey: (String, String, Int32) {
    (service.name, container?.name ?? container?.id ?? "", identity.pid)
  }
}
