import Containers
import Logs
import PlaceOS
import Processes
import SystemPackage
import Text

/// Does all looks for a diagnosis. It lives in a reader process, which enters others' network namespaces and
/// keeps the passwords of services to itself.
final class StoreLooker {
  /// What is known before the reader process starts.
  struct Ground {
    let processes: [DiagnosedProcess]
    let namespaces: NetworkNamespaces?
    let proc: FilePath
    let root: FilePath
    let since: WallTime
    let now: HostClock
    let catalogue: Catalogue
    /// Whether the host's processes are visible.
    let isHostInSight: Bool
  }

  private let ground: Ground
  /// The sockets of a namespace that several of the processes share.
  private var known: (namespace: UInt64, subject: StoreRequest.Subject, sockets: [TCPSocket])?
  private lazy var neighbourhood = StoreNeighbourhood(ground)

  /// How many characters of a log line are shown, and how many problems of one look.
  private static let (limitText, limitProblems) = (200, 16)

  init(_ ground: Ground) { self.ground = ground }

  /// Answers one request; `nil` if the process is gone.
  func answer(_ bytes: [UInt8]) -> [UInt8] {
    var reader = MessageReader(bytes[...])
    var writer = MessageWriter()
    guard let request = try? StoreRequest(from: &reader) else { return [] }
    if request.subject == .host {
      writer.write(HostReading(ground))
      return writer.bytes
    }
    guard let process = open(request.index) else { return [] }
    let container = ground.processes[request.index].container
    switch request.subject {
    case .store:
      writer.write(
        request.use.flatMap { neighbourhood.side(of: $0, seenFrom: process, container: container) })
    case .probe: writer.write(request.use.flatMap { probe($0, process, container) })
    case .health: writer.write(health(of: ground.processes[request.index].service, process))
    case .first, .second, .host: writer.write(look(process, request))
    }
    return writer.bytes
  }

  // MARK: asking

  private func probe(
    _ use: StoreUse, _ process: borrowing ProcessDirectory, _ container: Container?
  ) -> Probe? {
    // The meaning of its name may be unknown here; then nothing is asked.
    let addresses = neighbourhood.addresses(of: use, seenFrom: process, container: container)
    guard let address = addresses.first, (try? process.enterNetwork()) != nil else { return nil }
    do throws(NetworkQuestion.Failure) {
      let answer = try NetworkQuestion.ask(
        address, port: use.address.port, Probe.question(for: use.store), within: Probe.time
      ) { Probe.isWhole($0, of: use.store) }
      return Probe(parsing: answer, of: use.store)
    } catch {
      return Probe(error)
    }
  }

  private func health(of service: String, _ process: borrowing ProcessDirectory) -> Probe? {
    guard let health = ServiceHealth(ofService: service), let inodes = try? process.socketInodes(),
      let sockets = try? process.sockets(states: 1 << UInt32(TCPSocket.State.listen.rawValue)),
      let own = Self.served(sockets.filter { inodes.contains($0.inode) }, usually: health.port),
      (try? process.enterNetwork()) != nil
    else { return nil }
    let address = own.local.isAny ? [127, 0, 0, 1] : own.local.address
    do throws(NetworkQuestion.Failure) {
      return Probe(
        http: try NetworkQuestion.ask(
          address, port: own.local.port, Probe.http(health.path), within: Probe.time
        ) { _ in false })
    } catch {
      return Probe(error)
    }
  }

  /// Where to ask a service: at its usual port, or at its configured one if it listens at no other.
  private static func served(_ listening: [TCPSocket], usually port: UInt16) -> TCPSocket? {
    listening.first { $0.local.port == port }
      ?? (Set(listening.map(\.local.port)).count == 1 ? listening.first : nil)
  }

  // MARK: looking

  private func open(_ index: Int) -> ProcessDirectory? {
    let identity = ground.processes[index].identity
    guard let directory = (try? ProcessDirectory.open(pid: identity.pid, proc: ground.proc)) ?? nil,
      (try? directory.stat().startTicks) == identity.startTicks
    else { return nil }
    return directory
  }

  private func look(_ directory: borrowing ProcessDirectory, _ request: StoreRequest) -> ProcessLook {
    let process = ground.processes[request.index]
    var look = ProcessLook()
    let environment: [String: String]
    do throws(HostError) {
      let (variables, problems) = try directory.environmentAndSecrets(named: StoreUse.variables)
      environment = variables
      look.problems += problems
    } catch {
      look.problems.append(error)
      return look
    }
    look.uses = StoreUse.all(ofService: process.service, environment: environment)
    look.counters = try? directory.networkCounters()
    look.namespace = (try? directory.networkNamespace()) ?? nil
    look.descriptors = try? directory.descriptorCount()
    look.descriptorLimit = (try? directory.descriptorLimit()) ?? nil
    do throws(HostError) {
      let inodes = try directory.socketInodes()
      let queries = (try? directory.nameQueries()) ?? [:]
      look.nameQueries = queries.filter { inodes?.contains($0.key) ?? false }
      let sockets =
        try look.uses.isEmpty
        ? []
        : sockets(of: directory, look.namespace, request.subject).filter {
          $0.state != .listen && (inodes?.contains($0.inode) ?? true)
        }
      for use in look.uses {
        let addresses = neighbourhood.addresses(of: use, seenFrom: directory, container: process.container)
        let peers = Set(addresses.map { NetworkEndpoint(address: $0, port: use.address.port) })
        look.sockets.append(
          StoreSockets(
            of: sockets.filter {
              // If the name cannot be resolved here the port must do.
              peers.isEmpty ? $0.remote.port == use.address.port : peers.contains($0.remote)
            }))
      }
    } catch {
      look.problems.append(error)
      look.sockets = []
    }
    // A driver's output is in its core's log, together with that of many others.
    if request.subject == .first, process.service != "driver" {
      var secrets = Redaction.secrets(in: environment)
      // Other passwords of the service are in its log too.
      if let all = try? directory.environment() { secrets.formUnion(Redaction.secrets(in: all)) }
      read(log: directory, process, secrets, &look)
    }
    look.problems = Array(look.problems.prefix(Self.limitProblems))
    return look
  }

  private func sockets(
    of directory: borrowing ProcessDirectory, _ namespace: UInt64?, _ subject: StoreRequest.Subject
  ) throws(HostError) -> [TCPSocket] {
    if let known, known.namespace == namespace, known.subject == subject { return known.sockets }
    let sockets = try directory.sockets()
    if let namespace { known = (namespace, subject, sockets) }
    return sockets
  }

  private static func time(ofLine line: [UInt8]) -> LogTime? { LogRecord(parsing: line).time }

  /// Reads its log for complaints about stores, core and drivers.
  private func read(
    log directory: borrowing ProcessDirectory, _ process: DiagnosedProcess, _ secrets: Set<String>,
    _ look: inout ProcessLook
  ) {
    let uses = look.uses
    var complaints = uses.map { _ in StoreComplaints() }
    var (troubles, core): ([SeenTrouble], StoreComplaints.Complaint?) = ([], nil)
    let readsDrivers = process.service == "core" || process.service == "edge"
    var last: LogRecord?
    var lastAge: Int64 = 0
    do throws(HostError) {
      _ = try RecentLog.visit(
        directory, container: process.container, since: ground.since, root: ground.root,
        time: Self.time(ofLine:)
      ) { entry in
        let complaint = StoreComplaint(parsing: entry.text, service: process.service, uses: uses)
        let isDrivers = readsDrivers && DriverTrouble.isLikely(entry.text)
        let isCores = core == nil && StoreComplaint.isOfCore(entry.text)
        guard complaint != nil || isDrivers || isCores else { return true }
        let record = LogRecord(parsing: entry.line)
        let time = entry.time ?? record.time
        if let time, time.wall < ground.since { return false }
        // After USR1 some services write each line twice, in two formats.
        if let last, last.message == record.message, last.raw.first != record.raw.first { return true }
        last = record
        lastAge = time.map { max(0, (ground.now.wall - $0.wall).components.seconds) } ?? lastAge
        let text = Self.shown(entry.text, secrets)
        if isDrivers, troubles.count < Self.limitTroubles,
          let trouble = DriverTrouble(record, text: entry.text)
        {
          troubles.append(
            SeenTrouble(
              hasEnded: trouble.kind == .ended, driver: trouble.driver.map { String($0.prefix(64)) },
              ageSeconds: lastAge, text: text))
        }
        if isCores { core = StoreComplaints.Complaint(state: nil, ageSeconds: lastAge, text: text) }
        if let complaint, let index = uses.firstIndex(where: { $0.store == complaint.store }) {
          complaints[index].add(
            StoreComplaints.Complaint(state: complaint.state, ageSeconds: lastAge, text: text))
        }
        return true
      }
    } catch {
      look.problems.append(error)
    }
    (look.complaints, look.troubles) = (complaints, troubles)
    // Services repeat it with every request; an old one may be over.
    look.coreComplaint = core.flatMap { $0.ageSeconds < 45 ? $0 : nil }
  }

  private static let limitTroubles = 32

  private static func shown(_ text: [UInt8], _ secrets: Set<String>) -> String {
    // Redacted before it is cut: half a password is still a secret.
    let lines = text.prefix(16 * limitText).split(separator: 0x0A)
    let whole = lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " | ")
    let redacted = Redaction.redacted(whole, secrets: secrets)
    return redacted.count > limitText ? redacted.prefix(limitText - 1) + "…" : redacted
  }
}
