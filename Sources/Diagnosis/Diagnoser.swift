import Glibc
import PlaceOS
import Processes
import SystemPackage
import Text

/// Looks twice at processes and their stores, and diagnoses.
public struct Diagnoser {
  /// What is asked of a diagnosis.
  public struct Question: Sendable {
    /// How long to look.
    public var over: Duration = .seconds(1)
    /// How far back logs are read.
    public var since: Duration = .seconds(300)
    /// Whether the stores and services themselves are asked.
    public var probes = false
    /// Whether the processes are all that there are of PlaceOS's.
    public var isWhole = false
    /// Whether the processes of the host are in sight, and not those of one container or pod alone.
    public var isHostInSight = true

    public init() {}
  }

  private let processes: [DiagnosedProcess]
  private let question: Question
  private let catalogue: Catalogue
  private let proc: FilePath
  private let root: FilePath
  private let clock: @Sendable () -> HostClock
  /// How long one look may take; what asks others waits for them.
  private static let (allowance, probeAllowance): (Duration, Duration) = (.seconds(1), .milliseconds(1500))

  public init(
    _ processes: [DiagnosedProcess], _ question: Question, catalogue: Catalogue, proc: FilePath = "/proc",
    root: FilePath = "/", clock: @escaping @Sendable () -> HostClock = HostClock.now
  ) {
    self.processes = processes
    self.question = question
    self.catalogue = catalogue
    self.proc = proc
    self.root = root
    self.clock = clock
  }

  public func diagnose() -> Diagnosis {
    let now = clock()
    var readings = DiagnosisReadings()
    readings.isWhole = question.isWhole
    readings.isHostInSight = question.isHostInSight
    for process in processes {
      let startedSeconds = process.identity.started.nanoseconds / 1_000_000_000
      readings.agesSeconds[process.identity] = now.boottime.nanoseconds / 1_000_000_000 - startedSeconds
    }
    var namespaces: NetworkNamespaces?
    do throws(HostError) { namespaces = try NetworkNamespaces(of: proc) } catch {
      readings.problems.append(error)
    }
    let ground = StoreLooker.Ground(
      processes: processes, namespaces: namespaces, proc: proc, root: root,
      since: now.wall - question.since, now: now, catalogue: catalogue,
      isHostInSight: question.isHostInSight)
    // A closure that is copied into each child with its own looker: what one learns, it keeps.
    let keeper = Keeper { StoreLooker(ground) }
    let pool = ReaderPool { keeper.looker.answer($0) }
    let first = ask(pool, .first, &readings.problems)
    let sidesBefore: [Key: StoreSide] = stores(pool, .store, first)
    readings.host = host(pool)
    // Who is asked answers while others are looked at.
    let probes: [Key: Probe] = question.probes ? stores(pool, .probe, first) : [:]
    let healths = question.probes ? healths(pool) : [:]
    pause(until: now.boottime + question.over)
    let second = ask(pool, .second, &readings.problems, former: first)
    let sides: [Key: StoreSide] = stores(pool, .store, second)
    for (index, process) in processes.enumerated() {
      guard let before = first[index] else { continue }
      // A process that has ended meanwhile is as it was.
      let after = second[index].flatMap { $0.uses == before.uses ? $0 : nil } ?? before
      for (number, use) in before.uses.enumerated() {
        var reading = StoreReading(before, after, number)
        reading.ownBefore = sidesBefore[Key(before, use)]
        reading.own = sides[Key(after, use)] ?? reading.ownBefore
        reading.probe = probes[Key(before, use)]
        readings.witnesses.append(Witness(process: process, use: use, verdict: StoreVerdict(reading)))
      }
      var service = ServiceReading(process: process)
      service.unansweredServer = second[index].flatMap { late in
        before.nameQueries.first { late.nameQueries[$0.key] == $0.value }?.value
      }
      (service.descriptors, service.descriptorLimit) = (after.descriptors, after.descriptorLimit)
      (service.troubles, service.coreComplaint) = (before.troubles, before.coreComplaint)
      service.health = healths[index]
      readings.services.append(service)
    }
    return Diagnosis(readings)
  }

  private final class Keeper {
    private let make: () -> StoreLooker
    private(set) lazy var looker = make()
    init(_ make: @escaping () -> StoreLooker) { self.make = make }
  }

  /// - Parameter former: an earlier look: where that had no answer, none is waited for again.
  private func ask(
    _ pool: ReaderPool, _ subject: StoreRequest.Subject, _ problems: inout [HostError],
    former: [ProcessLook?]? = nil
  ) -> [ProcessLook?] {
    var looks = [ProcessLook?](repeating: nil, count: processes.count)
    let asked = processes.indices.filter { former == nil || former?[$0] != nil }
    let requests = asked.map { Self.bytes(StoreRequest(subject: subject, index: $0)) }
    for (index, answer) in zip(asked, pool.ask(requests, allowance: Self.allowance)) {
      looks[index] = look(processes[index], answer, &problems)
    }
    return looks
  }

  private func look(
    _ process: DiagnosedProcess, _ answer: Result<[UInt8], ReaderPool.Silence>, _ problems: inout [HostError]
  ) -> ProcessLook? {
    let path = proc.appending("\(process.identity.pid)")
    switch answer {
    case .success(let bytes):
      var reader = MessageReader(bytes[...])
      guard let look = try? reader.read(ProcessLook.self) else {
        problems.append(.lookFailed(path: path))
        return nil
      }
      // The second look fails where the first did: said once.
      for error in look.problems where !error.isProcessGone && !problems.contains(error) {
        problems.append(error)
      }
      return look
    case .failure(.late): problems.append(.noAnswer(path: path))
    // A look at a process that has ended has no answer.
    case .failure(.ended): if access(path.string, F_OK) == 0 { problems.append(.lookFailed(path: path)) }
    case .failure(.none(let error)): problems.append(error)
    }
    return nil
  }

  /// What one store is to all processes of a network: names mean the same there.
  private struct Key: Hashable {
    let address: StoreAddress
    /// `nil`: not known; all such are asked as one.
    let namespace: UInt64?

    init(_ look: ProcessLook, _ use: StoreUse) { (address, namespace) = (use.address, look.namespace) }
  }

  /// What the stores show of themselves, or answer: each is asked once a network.
  private func stores<Answer: Message>(
    _ pool: ReaderPool, _ subject: StoreRequest.Subject, _ looks: [ProcessLook?]
  ) -> [Key: Answer] {
    var keys: [Key] = []
    var requests: [[UInt8]] = []
    for (index, look) in looks.enumerated() {
      guard let look else { continue }
      for use in look.uses where !keys.contains(Key(look, use)) {
        keys.append(Key(look, use))
        requests.append(Self.bytes(StoreRequest(subject: subject, index: index, use: use)))
      }
    }
    var found: [Key: Answer] = [:]
    let allowance = subject == .probe ? Self.probeAllowance : Self.allowance
    for (key, answer) in zip(keys, pool.ask(requests, allowance: allowance)) {
      // What is not answered is not known; the processes' own sockets say the rest.
      guard case .success(let bytes) = answer else { continue }
      var reader = MessageReader(bytes[...])
      found[key] = (try? reader.read(Answer?.self)) ?? nil
    }
    return found
  }

  private func healths(_ pool: ReaderPool) -> [Int: Probe] {
    let asked = processes.indices.filter { ServiceHealth(ofService: processes[$0].service) != nil }
    let requests = asked.map { Self.bytes(StoreRequest(subject: .health, index: $0)) }
    var found: [Int: Probe] = [:]
    for (index, answer) in zip(asked, pool.ask(requests, allowance: Self.probeAllowance)) {
      guard case .success(let bytes) = answer else { continue }
      var reader = MessageReader(bytes[...])
      found[index] = (try? reader.read(Probe?.self)) ?? nil
    }
    return found
  }

  private func host(_ pool: ReaderPool) -> HostReading {
    let request = Self.bytes(StoreRequest(subject: .host, index: 0))
    guard case .success(let bytes)? = pool.ask([request], allowance: Self.allowance).first else {
      return HostReading()
    }
    var reader = MessageReader(bytes[...])
    return (try? reader.read(HostReading.self)) ?? HostReading()
  }

  private static func bytes(_ request: StoreRequest) -> [UInt8] {
    var writer = MessageWriter()
    writer.write(request)
    return writer.bytes
  }

  private func pause(until end: BootTime) {
    while true {
      let rest = end - clock().boottime
      guard rest > .zero else { return }
      // EINTR: a signal that asks this program to end is looked at by whoever asked.
      guard poll(nil, 0, Int32(clamping: (rest.nanoseconds + 999_999) / 1_000_000)) == 0 else { return }
    }
  }
}

extension StoreReading {
  /// What two looks at one process show of its store number `number`.
  init(_ before: ProcessLook, _ after: ProcessLook, _ number: Int) {
    self.init()
    holdsConnections = before.uses[number].holdsConnections
    areSocketsKnown = before.sockets.indices.contains(number) && after.sockets.indices.contains(number)
    if areSocketsKnown { (self.before, self.after) = (before.sockets[number], after.sockets[number]) }
    if let early = before.counters, let late = after.counters { counters = late.since(early) }
    if before.complaints.indices.contains(number) { complaints = before.complaints[number] }
  }
}
