import Testing

@testable import PlaceOS

@Suite("Additions to the catalogue")
struct ServiceAdditionTests {
  static let booking = ServiceAddition(
    name: "booking", executables: ["/opt/acme/booking"], images: [], dialect: .toggle)
  static let packed = ServiceAddition(
    name: "packed", executables: ["/srv/packed"], images: ["acme/packed", "reg.example/ours"], dialect: .latch
  )
  static let ownAPI = ServiceAddition(
    name: "api", executables: ["/opt/acme/rest-api"], images: ["acme/rest-api"], dialect: nil)

  let catalogue = Catalogue.placeOS.adding([booking, packed, ownAPI])

  func name(_ facts: ProcessFacts) -> String? {
    if case .service(let service) = catalogue.recognise(facts) { service.name } else { nil }
  }

  @Test("a process is the added service's at its very path, whatever its arguments mean")
  func path() {
    for arguments in [["/opt/acme/booking"], ["booking", "-c", "/etc/booking.conf"], ["x", "--version"]] {
      #expect(name(facts("/opt/acme/booking", arguments)) == "booking")
      #expect(catalogue.proof(of: facts("/opt/acme/booking", arguments)) == .configuration)
    }
    #expect(catalogue.recognise(facts("/opt/acme/booking", [])) == .other)
  }

  @Test(
    "a program of the same base name elsewhere is not the service's",
    arguments: ["/tmp/booking", "/opt/booking", "/opt/acme/booking/booking", "/booking", "booking"])
  func namesake(path: String) {
    #expect(catalogue.recognise(facts(path)) == .other)
    #expect(catalogue.proof(of: facts(path)) == nil)
    #expect(
      catalogue.recognise(facts(path, in: container(names: ["booking"], image: "acme/booking"))) == .other)
  }

  @Test("where images are said, what runs in a container must be in one of them to be proved")
  func images() {
    func proof(_ path: String, _ image: String?) -> Proof? {
      catalogue.proof(of: facts(path, in: container(image: image)))
    }
    for image in ["acme/packed", "registry.example:5000/acme/packed:2@sha256:00", "reg.example/ours:1"] {
      #expect(proof("/srv/packed", image) == .configuration)
      // The image is the service's, so its program is, wherever it lies in it.
      #expect(proof("/elsewhere/packed", image) == .configuration)
      #expect(name(facts("/elsewhere/packed", in: container(image: image))) == "packed")
      #expect(proof("/bin/sh", image) == nil)
      #expect(name(facts("/bin/sh", in: container(image: image))) == nil)
    }
    for image in ["other/packed", "acme/packed-tools", "notacme/packed", "ours", "x/reg.example/oursx", nil] {
      #expect(proof("/srv/packed", image) == nil, "\(image ?? "none")")
      // It is seen, so that it can be refused with a reason.
      #expect(name(facts("/srv/packed", in: container(image: image))) == "packed")
    }
    #expect(catalogue.proof(of: facts("/srv/packed")) == .configuration)
  }

  @Test("an own build of a known service is that service, with its errands")
  func ownBuild() {
    #expect(name(facts("/opt/acme/rest-api")) == "api")
    #expect(catalogue.proof(of: facts("/opt/acme/rest-api")) == .configuration)
    #expect(name(facts("/rest-api", in: container(image: "acme/rest-api:7"))) == "api")
    #expect(
      catalogue.proof(of: facts("/rest-api", in: container(image: "acme/rest-api:7"))) == .configuration)
    let healthCheck = facts("/opt/acme/rest-api", ["/opt/acme/rest-api", "-c", "http://localhost"])
    #expect(catalogue.recognise(healthCheck) == .errand(service("api")))
    // Elsewhere its name proves as little as it ever did.
    #expect(name(facts("/tmp/rest-api")) == "api")
    #expect(catalogue.proof(of: facts("/tmp/rest-api")) == nil)
    #expect(catalogue.proof(of: facts("/rest-api", in: container(image: "placeos/rest-api"))) == .image)
  }

  @Test("symbols say more than the administrator")
  func symbols() {
    #expect(catalogue.proof(of: facts("/opt/acme/booking", hasSymbols: true)) == .symbols)
  }

  @Test("Puma is Puma, whatever was added")
  func puma() {
    let catalogue = Catalogue.placeOS.adding([
      ServiceAddition(name: "rails", executables: ["/usr/bin/ruby3.1"], images: [], dialect: .toggle)
    ])
    let auth = container(names: ["auth"], image: "placeos/auth")
    let title = ["puma 5.6.5 (tcp://0.0.0.0:8080) [auth]"]
    #expect(
      catalogue.recognise(facts("/usr/bin/ruby3.1", title, comm: "puma", in: auth)) == .puma(service("auth")))
  }

  @Test("the first look lets through what was added, and the listing has it")
  func firstLook() {
    for path in ["/opt/acme/booking", "/jail/opt/acme/booking", "/srv/packed"] {
      #expect(Array(path.utf8).withUnsafeBufferPointer(catalogue.executableNames.include))
    }
    #expect(!mayBePlaceOS("/opt/acme/booking"))
    #expect(catalogue.service(named: "booking")?.dialect == .toggle)
    #expect(catalogue.services.count == Catalogue.placeOS.services.count + 2)
    #expect(catalogue.service(named: "api") == service("api"))
  }

  /// The declared dialect, the dispositions of SIGUSR1 and SIGUSR2, and what follows without any symbol.
  @Test(
    "the handlers must fit the dialect that was declared",
    arguments: [
      (.toggle, .caught, .standard, .toggle, nil), (.toggle, .caught, .ignored, .toggle, nil),
      (.toggle, .caught, .caught, .none, .unknownHandlers),
      (.toggle, .standard, .standard, .none, .noHandler(starting: false)),
      (.toggle, .standard, .caught, .none, .noHandler(starting: false)),
      (.toggle, .ignored, .standard, .toggle, .ignoresSignal),
      (.toggle, .ignored, .caught, .none, .unknownHandlers),
      (.latch, .caught, .caught, .latch, nil), (.latch, .ignored, .caught, .latch, nil),
      (.latch, .ignored, .ignored, .latch, .latchSpent),
      (.latch, .caught, .ignored, .latch, .latchWithoutReturn),
      (.latch, .caught, .standard, .none, .unknownHandlers),
      (.latch, .standard, .caught, .none, .noHandler(starting: false)),
      (.driver, .caught, .caught, .driver, nil), (.driver, .ignored, .caught, .driver, .ignoresSignal),
      (.driver, .caught, .standard, .none, .unknownHandlers),
      (.driver, .standard, .caught, .none, .noHandler(starting: false)),
    ] as [(Dialect, Disposition, Disposition, Dialect, Obstacle?)])
  func declared(
    dialect: Dialect, usr1: Disposition, usr2: Disposition, expected: Dialect, obstacle: Obstacle?
  ) {
    for symbol in [TraceSymbol.absent, .unknown] {
      let handling = Handling(
        kind: .service, declared: dialect, dispositions: SignalDispositions(usr1: usr1, usr2: usr2),
        symbol: symbol, isYoung: false)
      #expect(handling.dialect == expected)
      #expect(handling.obstacle == obstacle)
    }
    // A flag in the executable is certain.
    let certain = Handling(
      kind: .service, declared: dialect, dispositions: SignalDispositions(usr1: .caught, usr2: .standard),
      symbol: .logBackend, isYoung: false)
    #expect(certain.dialect == .toggle)
  }

  @Test("a service in the driver dialect keeps its levels as drivers do")
  func levelKind() {
    let printing = ServiceAddition(name: "printing", executables: ["/p"], images: [], dialect: .driver)
    #expect(Catalogue.placeOS.adding([printing]).service(named: "printing")?.levelKind == .driver)
    #expect(catalogue.service(named: "booking")?.levelKind == .service)
    #expect(service("driver").levelKind == .driver)
  }
}
