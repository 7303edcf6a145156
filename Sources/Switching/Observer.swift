import Glibc
import Host
import Ledger
import PlaceOS

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

  /// How long a process may take to install its handler, nanoseconds; older ones will not do so any more.
  private static let startUpNs: Int64 = 60_000_000_000
  private static let nsPerTick = 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))

  public init(
    table: any ProcessTable, catalogue: Catalogue, containers: ContainerResolver,
    symbolCache: SymbolCache
  ) throws(HostError) {
    self.table = table
    self.catalogue = catalogue
    self.containers = containers
    self.symbolCache = symbolCache
    bootID = try table.bootID()
  }

  /// Looks at every process there is.
  public mutating func observe(_ state: LedgerState?, now: HostClock) throws(HostError) -> Observation {
    var observation = Observation()
    for row in try table.rows() {
      let identity = ProcessIdentity(bootID: bootID, pid: row.pid, startTicks: row.startTicks)
      observation.alive.insert(identity)
      guard !row.isZombie, let link = table.executableLink(of: row.pid),
        catalogue.mayBePlaceOS(executable: ExecutableFile(link: link, root: "/", status: nil).path)
      else { continue }
      do {
        guard let instance = try instance(identity, entry: state?[identity], now: now) else { continue }
        observation.instances.append(instance)
      } catch {
        if !error.isProcessGone { observation.unreadable.append(error) }
      }
    }
    observation.instances.sort { $0.sortKey < $1.sortKey }
    return observation
  }

  /// Looks at one process; `nil` if it is gone or is no process of PlaceOS's.
  public mutating func instance(
    _ identity: ProcessIdentity, entry: LedgerEntry?, now: HostClock
  ) throws(HostError) -> Instance? {
    guard let process = try ProcessDirectory.open(pid: identity.pid, proc: table.proc),
      try process.stat().startTicks == identity.startTicks,
      let executable = try process.executable(),
      let detail = try table.detail(of: identity.pid), detail.startTicks == identity.startTicks
    else { return nil }
    let arguments = try process.arguments()
    let container = try container(of: identity.pid, detail)
    let probe = try LevelProbe(process, cache: &symbolCache)
    let facts = ProcessFacts(
      executable: executable.path, arguments: arguments, comm: detail.comm,
      container: container.map(ProcessFacts.ContainerFacts.init),
      hasPlaceOSSymbols: probe.isProved)
    let recognition = catalogue.recognise(facts)
    guard let service = recognition.workingService else { return nil }

    let startedNs = Int64(clamping: identity.startTicks) &* Self.nsPerTick
    let sight = try probe.look(
      at: process, kind: service.kind, isYoung: now.boottimeNs - startedNs < Self.startUpNs)
    let isPuma = recognition == .puma(service)
    return Instance(
      identity: identity, service: service, executable: executable, arguments: arguments,
      container: container, handling: isPuma ? .puma : sight.handling,
      proof: catalogue.proof(of: facts),
      level: isPuma ? .unknown : LevelReading(sight, entry: entry),
      isStopped: sight.isStopped, isSignalPending: sight.masks.hasSwitchSignalPending,
      startedBoottimeNs: startedNs,
      // A right that is missing here costs a word in the report, nothing else.
      startLevel: (try? process.environment()).map { .start(of: service.kind, environment: $0) },
      entry: entry)
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

extension LedgerEntry {
  /// Whether this tool's last signal brought it into debug mode, and was seen to do so.
  fileprivate var wasSeenToSwitchOn: Bool { lastSignal.map { $0.wanted && $0.progress == .confirmed } ?? false }
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
