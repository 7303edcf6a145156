import PlaceOS
import Processes
import SystemPackage
import Testing

@testable import Diagnosis

@Suite struct DiagnosisCausesTests {
  private static func process(_ pid: Int32, _ service: String, executable: String = "") -> DiagnosedProcess {
    DiagnosedProcess(
      identity: ProcessIdentity(bootID: "b", pid: pid, startTicks: 1), service: service, container: nil,
      executable: executable)
  }

  private static func witness(
    _ service: String, _ store: BackingStore, _ state: StoreState, host: String,
    _ kind: StoreEvidence.Kind = .log
  ) -> Witness {
    Witness(
      process: process(1, service),
      use: StoreUse(
        store: store, address: StoreAddress(host: host, port: store.port), holdsConnections: true),
      verdict: StoreVerdict(state, .likely, [StoreEvidence(kind, "said")]))
  }

  private static func names(_ readings: DiagnosisReadings) -> [String] {
    Diagnosis(readings).failing.map(\.kind.name)
  }

  @Test func fullDiskComesBeforeTheStoresThatItFails() {
    var readings = DiagnosisReadings()
    readings.witnesses = [Self.witness("api", .redis, .degraded, host: "redis")]
    readings.host.spaces = [
      FileSystemSpace(path: "/", sizeBytes: 100 << 30, freeBytes: 50 << 30),
      FileSystemSpace(path: "/var/lib/docker", sizeBytes: 100 << 30, freeBytes: 4096),
    ]
    let diagnosis = Diagnosis(readings)
    #expect(diagnosis.failing.map(\.kind.name) == ["disk", "redis"])
    #expect(diagnosis.failing[0].evidence[0].text == "/var/lib/docker: 4.0 kB left of 107 GB")
    #expect(diagnosis.failing[1].mayFollowFrom == ["disk"])
    readings.host.spaces[1] = FileSystemSpace(
      path: "/var/lib/docker", sizeBytes: 64 << 20, freeBytes: 60 << 20)
    #expect(Self.names(readings) == ["redis"])
  }

  @Test func memoryAndFilesThatAreUsedUpAreNamed() throws {
    var readings = DiagnosisReadings()
    let memory = Array("MemTotal:       24604336 kB\nMemFree: 1 kB\nMemAvailable:   104336 kB\n".utf8)
    readings.host.resources = try HostResources(parsing: memory, files: Array("990\t0\t1000\n".utf8))
    #expect(Self.names(readings) == ["files", "memory"])
    var service = ServiceReading(process: Self.process(7, "api"))
    (service.descriptors, service.descriptorLimit) = (1024, 1024)
    readings.services = [service]
    readings.host.resources = nil
    #expect(
      Diagnosis(readings).failing[0].evidence[0].text == "api (pid 7) has 1024 of 1024 descriptors open")
    readings.services[0].descriptors = 900
    #expect(Self.names(readings).isEmpty)
  }

  @Test func severalNamesThatDoNotResolveAreDNSAndOneIsItsStores() {
    var readings = DiagnosisReadings()
    readings.witnesses = [
      Self.witness("api", .redis, .unresolved, host: "redis"),
      Self.witness("api", .postgresql, .unresolved, host: "db"),
    ]
    #expect(Self.names(readings) == ["dns", "postgresql", "redis"])
    // Docker itself says that there is no such container.
    readings.witnesses[1] = Self.witness("api", .postgresql, .unresolved, host: "db", .container)
    #expect(Self.names(readings) == ["postgresql", "redis"])
  }

  @Test func nameServerThatIsWaitedForIsNamed() {
    var readings = DiagnosisReadings()
    var service = ServiceReading(process: Self.process(7, "api"))
    service.unansweredServer = NetworkEndpoint(address: [127, 0, 0, 11], port: 53)
    readings.services = [service]
    let diagnosis = Diagnosis(readings)
    #expect(diagnosis.failing.map(\.kind.name) == ["dns"] && diagnosis.failing[0].state == .hangs)
    #expect(diagnosis.failing[0].evidence[0].text.contains("127.0.0.11:53"))
  }

  @Test func coreThatIsMissedIsNamedAndOneThatNobodyMissesIsNot() {
    var readings = DiagnosisReadings()
    readings.isWhole = true
    readings.services = [ServiceReading(process: Self.process(7, "api"))]
    #expect(Diagnosis(readings).backends.map(\.state) == [.unknown])
    readings.services[0].coreComplaint = .init(
      state: nil, ageSeconds: 3, text: "No registered core instances")
    #expect(Diagnosis(readings).failing.map(\.state) == [.unreachable])
    // Out of sight it may run all the same.
    readings.isHostInSight = false
    #expect(Diagnosis(readings).failing.map(\.state) == [.degraded])
    #expect(Diagnosis(readings).failing[0].evidence[0].text == "no core is in sight")
    readings.isHostInSight = true
    // It runs: then it cannot register, and what it registers with is to be looked at.
    readings.services.append(ServiceReading(process: Self.process(8, "core")))
    #expect(Diagnosis(readings).failing.map(\.state) == [.degraded])
    // Who looked at some services only knows nothing of the others.
    readings.isWhole = false
    #expect(Diagnosis(readings).backends.isEmpty)
  }

  @Test func crashLoopIsNamedWithItsContainer() {
    var readings = DiagnosisReadings()
    readings.isWhole = true
    var fallen = HostReading.FallenContainer(service: "triggers", name: "placeos-triggers-1")
    (fallen.exitCode, fallen.secondsAgo, fallen.restartCount) = (1, 4, 9)
    readings.host.fallen = [fallen]
    let failing = Diagnosis(readings).failing
    #expect(failing.map(\.kind.name) == ["triggers"] && failing[0].state == .unreachable)
    #expect(
      failing[0].evidence[0].text == "container placeos-triggers-1: exited 1 4 s ago, started again 9 times")
    #expect(failing[0].kind.selector == "triggers")
    readings.isHostInSight = false
    #expect(Diagnosis(readings).failing.map(\.state) == [.degraded])
  }

  @Test func driverThatEndedIsNamedUntilItRunsAgain() {
    var readings = DiagnosisReadings()
    var core = ServiceReading(process: Self.process(7, "core"))
    core.troubles = [
      SeenTrouble(hasEnded: true, driver: "drivers_place_meet_c54390a", ageSeconds: 20, text: "ended"),
      SeenTrouble(hasEnded: true, driver: "drivers_place_meet_c54390a", ageSeconds: 30, text: "ended"),
      SeenTrouble(hasEnded: false, driver: "drivers_x", ageSeconds: 30, text: "no"),
    ]
    readings.services = [core]
    #expect(Diagnosis(readings).failing[0].evidence[0].text == "1 ended, 1 do not compile")
    let driver = Self.process(8, "driver", executable: "/app/bin/drivers/drivers_place_meet_c54390a")
    readings.services.append(ServiceReading(process: driver))
    readings.agesSeconds[driver.identity] = 10
    #expect(Diagnosis(readings).failing[0].evidence[0].text == "1 do not compile")
    readings.agesSeconds[driver.identity] = 100
    #expect(Diagnosis(readings).failing[0].evidence[0].text == "1 ended, 1 do not compile")
  }

  @Test func driversOwnWordsAndCoresAreToldApart() {
    func trouble(_ line: String) -> DriverTrouble? {
      DriverTrouble(LogRecord(parsing: Array(line.utf8)), text: Array(line.utf8))
    }
    let time = "time=2026-11-22T12:39:44Z"
    let ended = trouble(
      "level=[F] \(time) program=drivers_x source=redis message=\"redis healthcheck failed - terminating process\""
    )
    #expect(ended?.kind == .ended && ended?.driver == "drivers_x")
    let compile = trouble(
      "level=[E] \(time) program=core source=core message=\"failed to compile driver\" driver_key=drivers_y")
    #expect(compile?.kind == .notCompiled && compile?.driver == "drivers_y")
    #expect(trouble("level=[F] \(time) program=core source=core message=\"Unhandled exception\"") == nil)
    #expect(trouble("level=[I] \(time) program=core source=core message=\"loaded module\"") == nil)
  }
}

@Suite struct ProbeTests {
  @Test(arguments: [
    (BackingStore.redis, "+PONG\r\n", StoreState.ok), (.redis, "-NOAUTH Authentication required.\r\n", .ok),
    (.redis, "-LOADING Redis is loading the dataset in memory\r\n", .degraded), (.postgresql, "N", .ok),
    (.postgresql, "S", .ok), (.postgresql, "E", .degraded), (.postgresql, "HTTP/1.1 400", .degraded),
    (.etcd, "HTTP/1.1 200 OK\r\n\r\n{\"health\":\"true\"}", .ok),
    (.etcd, "HTTP/1.1 200 OK\r\n\r\n{\"health\":\"false\"}", .degraded),
    (.elasticsearch, "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"red\"}", .degraded),
    (.elasticsearch, "HTTP/1.1 401 Unauthorized\r\n\r\n", .ok),
    (.influxdb, "HTTP/1.1 503 Service Unavailable\r\n\r\n", .degraded), (.core, "SSH-2.0-x\r\n", .degraded),
  ])
  func answerIsUnderstood(store: BackingStore, answer: String, state: StoreState) {
    #expect(Probe(parsing: Array(answer.utf8), of: store).state == state)
  }

  @Test func whatAStoreAnswersClearsWhatIsUnknownAndIsShownBesideWhatFails() {
    var reading = StoreReading()
    reading.holdsConnections = false
    reading.probe = Probe(.ok, "answers a PING")
    #expect(StoreVerdict(reading).state == .ok && StoreVerdict(reading).certainty == .certain)
    reading.complaints.add(.init(state: .closes, ageSeconds: 1, text: "WRONGPASS"))
    #expect(StoreVerdict(reading).state == .closes)
    #expect(StoreVerdict(reading).evidence.last?.text == "but it answers a PING")
    reading.probe = Probe(.hangs, "does not answer")
    #expect(StoreVerdict(reading).state == .hangs && StoreVerdict(reading).certainty == .certain)
  }
}
