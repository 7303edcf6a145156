import Glibc
import Host
import Ledger
import PlaceOS
import SystemPackage

/// What was seen of this machine at one moment.
public struct Observation: Sendable {
  /// Every process of PlaceOS, sorted by service, container and pid.
  public var instances: [Instance] = []
  /// All processes that there were, whatever they are: what of the ledger still lives.
  public var alive: Set<ProcessIdentity> = []
  /// Processes that may be PlaceOS's and could not be looked at. Never taken for absent.
  public var unreadable: [HostError] = []
}

/// Scans, recognises and reads levels: the first three steps of every command.
public struct Observer {
  public let table: any ProcessTable
  public let catalogue: Catalogue
  public let bootID: String
  /// Where trace flags were found; what is learnt here makes the next run faster.
  public var symbolCache: SymbolCache
  private var containers: ContainerResolver
  private let root: FilePath
  /// Which lines of a log are a process's own, for those whose log is to be read.
  private var writers: [ProcessIdentity: LogWriter] = [:]

  /// How long a process may take to install its handler, nanoseconds; older ones will not do so any more.
  private static let startUpNs: Int64 = 60_000_000_000
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
    for row in try table.rows() {
      let identity = ProcessIdentity(bootID: bootID, pid: row.pid, startTicks: row.startTicks)
      observation.alive.insert(identity)
      guard !row.isZombie else { continue }
      do {
        guard try mayBePlaceOS(row.pid),
          let instance = try instance(identity, entry: state?[identity], now: now)
        else { continue }
        observation.instances.append(instance)
      } catch {
        if !error.isProcessGone { observation.unreadable.append(error) }
      }
    }
    try readLogs(&observation, state, now)
    observation.instances.sort { $0.sortKey < $1.sortKey }
    return observation
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

  /// What reads the level of a process, from all of its sources.
  mutating func probe(
    _ process: borrowing ProcessDirectory, _ identity: ProcessIdentity, _ service: Service,
    _ container: Container?, now: HostClock
  ) throws(HostError) -> LevelProbe {
    var probe = try LevelProbe(process, cache: &symbolCache)
    try followLog(&probe, process, identity, service, container, now)
    return probe
  }

  private func followLog(
    _ probe: inout LevelProbe, _ process: borrowing ProcessDirectory, _ identity: ProcessIdentity,
    _ service: Service, _ container: Container?, _ now: HostClock
  ) throws(HostError) {
    guard let writer = writers[identity] else { return }
    do {
      probe.follow(
        try LoggedLevel(
          process, kind: service.kind, container: container, writer: writer,
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
    guard let process = try ProcessDirectory.open(pid: identity.pid, proc: table.proc),
      try process.stat().startTicks == identity.startTicks,
      let executable = try process.knownExecutable(),
      let detail = try table.detail(of: identity.pid), detail.startTicks == identity.startTicks
    else { return nil }
    let arguments = try process.arguments()
    let container = try container(of: identity.pid, detail)
    var probe = try LevelProbe(process, cache: &symbolCache)
    let facts = ProcessFacts(
      executable: executable.path, arguments: arguments, comm: detail.comm,
      container: container.map(ProcessFacts.ContainerFacts.init),
      hasPlaceOSSymbols: probe.isProved)
    let recognition = catalogue.recognise(facts)
    guard let service = recognition.workingService else { return nil }

    let startedNs = Self.startedNs(identity)
    try followLog(&probe, process, identity, service, container, now)
    let sight = try probe.look(
      at: process, kind: service.kind, isYoung: now.boottimeNs - startedNs < Self.startUpNs, now: now)
    let isPuma = recognition == .puma(service)
    return Instance(
      identity: identity, service: service, executable: executable, arguments: arguments,
      container: container, handling: isPuma ? .puma : sight.handling,
      // What a process says of itself proves nothing, whatever image it comes from.
      proof: executable.isClaimed ? nil : catalogue.proof(of: facts),
      level: isPuma ? .unknown : LevelReading(sight, entry: entry),
      isStopped: sight.isStopped, isSignalPending: sight.masks.hasSwitchSignalPending,
      startedBoottimeNs: startedNs,
      // A right that is missing here costs a word in the report, nothing else.
      startLevel: (try? process.environment()).map { .start(of: service.kind, environment: $0) },
      entry: entry)
  }

  /// The first look, which most processes do not pass.
  private func mayBePlaceOS(_ pid: Int32) throws(HostError) -> Bool {
    do {
      guard let link = try table.executableLink(of: pid) else { return false }
      return catalogue.mayBePlaceOS(
        executable: ExecutableFile(link: link, root: "/", status: nil).path)
    } catch {
      // A process that may not be looked at is not absent.
      guard error.isForbidden, let process = try ProcessDirectory.open(pid: pid, proc: table.proc),
        let claimed = try process.claimedExecutable()
      else { return false }
      return catalogue.mayBePlaceOS(executable: claimed.path)
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

extension LevelReading {
  /// The first evidence that answers: what the process itself shows, then what is known of it.
  init(_ sight: LevelProbe.Sight, entry: LedgerEntry?) {
    if let debug = sight.debug, let evidence = sight.evidence {
      self.init(debug: debug, evidence: evidence, refusal: sight.refusal)
    } else if sight.handling.obstacle == .latchSpent, entry?.wasSeenToSwitchOn == true {
      // Its way back was open when it was seen in debug mode, and is used up now: it went that way.
      self.init(debug: false, evidence: .signals, refusal: sight.refusal)
    } else if let entry {
      // A writer that was ended between intent and outcome leaves nobody who knows whether it sent.
      let isKnown = entry.lastSignal?.progress != .intended
      self.init(debug: isKnown ? entry.debug : nil, evidence: .ledger, refusal: sight.refusal)
    } else {
      // Both signals of a latch are used up: it was touched, and what came last cannot be told.
      let wasTouched = sight.handling.obstacle == .latchSpent
      self.init(debug: wasTouched ? nil : false, evidence: .assumed, refusal: sight.refusal)
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
  /// Whether this tool's last signal brought it into debug mode, and was seen to do so.
  fileprivate var wasSeenToSwitchOn: Bool {
    lastSignal.map { $0.wanted && $0.progress == .confirmed } ?? false
  }
}

extension LevelProbe.Sight {
  /// Stopped by a signal, a terminal or a debugger; proc_pid_stat(5).
  var isStopped: Bool { state == UInt8(ascii: "T") || state == UInt8(ascii: "t") }
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

extension ProcessTableRow {
  fileprivate var isZombie: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
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
