import PlaceOS
import Processes
import Text

extension Diagnosis {
  /// What every store and service depends on, if that fails.
  static func causes(_ readings: DiagnosisReadings) -> [Backend] {
    var causes = readings.host.spaces.filter(\.isFull).prefix(1).map { space in
      Backend(
        .host(.disk), .degraded, .certain,
        [
          StoreEvidence(
            .host, "\(space.path.string): \(ByteText(space.freeBytes)) left of \(ByteText(space.sizeBytes))")
        ])
    }
    if let resources = readings.host.resources, resources.isMemoryOut {
      let text =
        "\(ByteText(resources.availableBytes)) of \(ByteText(resources.totalBytes)) of memory are left"
      causes.append(Backend(.host(.memory), .degraded, .certain, [StoreEvidence(.host, text)]))
    }
    causes += files(readings) + names(readings)
    return causes
  }

  private static func files(_ readings: DiagnosisReadings) -> [Backend] {
    var evidence: [StoreEvidence] = []
    if let resources = readings.host.resources, resources.areFilesOut {
      evidence.append(
        StoreEvidence(.host, "\(resources.openFiles) of \(resources.limitFiles) files of the host are open"))
    }
    for service in readings.services {
      guard let count = service.descriptors, let limit = service.descriptorLimit, count >= limit - 1 else {
        continue
      }
      let name = "\(service.process.service) (pid \(service.process.identity.pid))"
      evidence.append(StoreEvidence(.process, "\(name) has \(count) of \(limit) descriptors open"))
    }
    return evidence.isEmpty ? [] : [Backend(.host(.files), .degraded, .certain, evidence)]
  }

  /// Names that do not resolve: several of them, or a name server that does not answer. A single name is its
  /// store's problem.
  private static func names(_ readings: DiagnosisReadings) -> [Backend] {
    let waiting = readings.services.filter { $0.unansweredServer != nil }
    if let first = waiting.first, let server = first.unansweredServer {
      let witnesses = waiting.map {
        Witness(
          process: $0.process, use: nil,
          verdict: StoreVerdict(.hangs, .likely, [StoreEvidence(.socket, "waits for \(server)")]))
      }
      let text = "\(first.process.service) has waited for the name server \(server) all the time"
      return [Backend(.host(.dns), .hangs, .likely, [StoreEvidence(.socket, text)], witnesses)]
    }
    // Where Docker knows the names of all containers, a missing one is the store's problem.
    let unresolved = readings.witnesses.filter {
      $0.verdict.state == .unresolved && !$0.verdict.evidence.contains { $0.kind == .container }
    }
    let hosts = Set(unresolved.compactMap(\.use?.address.host)).sorted()
    guard hosts.count > 1 else { return [] }
    return [
      Backend(
        .host(.dns), .unresolved, .likely,
        [StoreEvidence(.log, "names do not resolve: \(hosts.joined(separator: ", "))")], unresolved)
    ]
  }

  // MARK: parts of PlaceOS

  /// Services that others call or that do not stay up, and drivers.
  static func parts(_ readings: DiagnosisReadings, stores: [Backend]) -> [Backend] {
    var parts = fallen(readings)
    let known = Set(parts.map(\.kind) + stores.filter { $0.state != .unknown }.map(\.kind))
    if !known.contains(.service("core")), !known.contains(.store(.core)), let core = core(readings) {
      parts.append(core)
    }
    for service in readings.services {
      guard let health = service.health, health.state.isFailure,
        !parts.contains(where: { $0.kind == .service(service.process.service) })
      else { continue }
      let verdict = StoreVerdict(health.state, .certain, [StoreEvidence(.probe, health.text)])
      parts.append(
        Backend(
          .service(service.process.service), .degraded, .certain, verdict.evidence,
          [Witness(process: service.process, use: nil, verdict: verdict)]))
    }
    return parts + drivers(readings)
  }

  /// Containers of services that ended, or are restarted again and again.
  private static func fallen(_ readings: DiagnosisReadings) -> [Backend] {
    guard readings.isWhole else { return [] }
    let groups = Dictionary(grouping: readings.host.fallen, by: \.service)
    return groups.map { service, containers in
      let isElsewhere = readings.services.contains {
        $0.process.service == service && readings.agesSeconds[$0.process.identity] ?? 0 >= steadySeconds
      }
      let evidence = containers.map { container in
        let ago = container.secondsAgo.map { " \($0) s ago" } ?? ""
        let memory = container.wasKilledForMemory ? ", killed for memory" : ""
        let again = container.restartCount > 0 ? ", started again \(container.restartCount) times" : ""
        let text = "container \(container.name): exited \(container.exitCode)\(ago)\(memory)\(again)"
        return StoreEvidence(.container, text)
      }
      // One that is not visible may do its work.
      let isDown = readings.isHostInSight && !isElsewhere && containers.contains { !$0.isRunning }
      return Backend(.service(service), isDown ? .unreachable : .degraded, .certain, evidence)
    }
  }

  /// How long a service outside a crash loop runs at least, seconds: longer than any waits for its stores.
  private static let steadySeconds: Int64 = 90

  /// Whether there is an instance of core, as seen by the services that need one.
  private static func core(_ readings: DiagnosisReadings) -> Backend? {
    let askers = readings.services.filter { ["api", "triggers"].contains($0.process.service) }
    guard readings.isWhole, !askers.isEmpty else { return nil }
    let count = readings.services.count { $0.process.service == "core" }
    let absence = readings.isHostInSight ? "no core runs on this host" : "no core is in sight"
    // If not all services are visible, one may be running all the same.
    let complained: StoreState = count > 0 || !readings.isHostInSight ? .degraded : .unreachable
    let complaining = askers.compactMap { asker in
      asker.coreComplaint.map { complaint in
        Witness(
          process: asker.process, use: nil,
          verdict: StoreVerdict(
            complained, .likely,
            [StoreEvidence(.log, "\(complaint.ageSeconds) s ago: \(complaint.text)")]))
      }
    }
    if let first = complaining.first {
      return Backend(
        .service("core"), first.verdict.state, .likely,
        [StoreEvidence(.process, count > 0 ? "core runs, and is not found" : absence)]
          + first.verdict.evidence, complaining)
    }
    guard count > 0 else {
      return Backend(.service("core"), .unknown, .likely, [StoreEvidence(.process, absence)])
    }
    return Backend(
      .service("core"), .ok, .likely, [StoreEvidence(.process, "\(count) process\(count == 1 ? "" : "es")")])
  }

  /// Drivers that exited, crashed, or do not compile, and have not run since.
  private static func drivers(_ readings: DiagnosisReadings) -> [Backend] {
    let running = readings.services.filter { $0.process.service == "driver" }
    var evidence: [String: StoreEvidence] = [:]
    var counts = (ended: 0, notCompiled: 0)
    var witnesses: [Witness] = []
    for service in readings.services where !service.troubles.isEmpty {
      var own: [StoreEvidence] = []
      // The newest of each driver comes first.
      for trouble in service.troubles {
        let name = trouble.driver ?? "a driver"
        let runsSince = running.contains {
          $0.process.executable.split(separator: "/").last.map(String.init) == trouble.driver
            && readings.agesSeconds[$0.process.identity] ?? .max <= trouble.ageSeconds
        }
        guard !runsSince, evidence[name] == nil else { continue }
        if trouble.hasEnded { counts.ended += 1 } else { counts.notCompiled += 1 }
        evidence[name] = StoreEvidence(.log, "\(name), \(trouble.ageSeconds) s ago: \(trouble.text)")
        own.append(evidence[name]!)
      }
      guard !own.isEmpty else { continue }
      witnesses.append(
        Witness(process: service.process, use: nil, verdict: StoreVerdict(.degraded, .likely, own)))
    }
    guard !evidence.isEmpty else {
      return running.isEmpty
        ? []
        : [
          Backend(.drivers, .ok, .likely, [StoreEvidence(.process, "\(running.count) run")])
        ]
    }
    let words = [
      counts.ended > 0 ? "\(counts.ended) ended" : nil,
      counts.notCompiled > 0 ? "\(counts.notCompiled) do not compile" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
    return [
      Backend(
        .drivers, .degraded, .likely,
        [StoreEvidence(.log, words)] + evidence.sorted { $0.key < $1.key }.map(\.value), witnesses)
    ]
  }
}

extension FileSystemSpace {
  /// Whether almost nothing can be written.
  fileprivate var isFull: Bool { sizeBytes > 0 && freeBytes < min(16 << 20, sizeBytes / 50) }
}

extension HostResources {
  fileprivate var isMemoryOut: Bool { availableBytes < totalBytes / 100 }
  fileprivate var areFilesOut: Bool { limitFiles > 0 && openFiles >= limitFiles - limitFiles / 100 }
}
