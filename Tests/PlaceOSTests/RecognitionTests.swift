import Testing

@testable import PlaceOS

@Suite("Recognition of services")
struct RecognitionTests {
  static let poorRows = Row.all.filter(\.isPoor)
  static let tellingRows = Row.all.filter { !$0.isPoor }

  @Test("The table has every executable of the catalogue, and no other")
  func complete() {
    let listed = Set(Row.all.map { "\($0.service) \($0.executable)" })
    let known = Set(
      Catalogue.placeOS.services.filter { $0.kind == .service }
        .flatMap { service in service.executables.map { "\(service.name) \($0)" } })
    #expect(listed == known)
    #expect(Row.all.count == known.count)
  }

  @Test("The image agrees, whatever its registry, tag and digest", arguments: Row.all)
  func byImage(row: Row) {
    let digest = "@sha256:" + String(repeating: "0a", count: 32)
    for image in row.images {
      for written in [
        image, image + ":latest", image + ":2.2407.1", image + digest, image + ":nightly" + digest,
        "docker.io/" + image, "ghcr.io/" + image + ":1", "registry:5000/" + image,
        "registry:5000/mirror/" + image + ":2.1" + digest, "localhost/" + image, "a/b/c/" + image + ":x",
      ] {
        let found = recognise(
          facts(row.executable, row.command, in: container(names: ["web-1"], image: written)))
        #expect(found == .service(service(row.service)), "\(written)")
      }
    }
  }

  @Test("The container's own name agrees", arguments: Row.all)
  func byName(row: Row) {
    for name in row.names {
      #expect(
        recognise(facts(row.executable, row.command, in: container(names: [name], image: "local")))
          == .service(service(row.service)), "\(name)")
    }
  }

  @Test("The name in the pod agrees, where the container has another one besides", arguments: Row.all)
  func byPod(row: Row) {
    for name in row.names {
      let names = ["k8s_\(name)_\(name)-7c9f_default_0", name]
      #expect(
        recognise(facts(row.executable, row.command, in: container(names: names)))
          == .service(service(row.service)), "\(name)")
    }
  }

  @Test("The compose label agrees, whatever the container is called", arguments: Row.all)
  func byCompose(row: Row) {
    for name in row.names {
      #expect(
        recognise(facts(row.executable, row.command, in: container(names: ["x"], compose: name)))
          == .service(service(row.service)), "\(name)")
    }
  }

  @Test("A name that compose made agrees, where the label is missing", arguments: Row.all)
  func byComposedName(row: Row) {
    for name in row.names {
      for made in ["proj-\(name)-1", "my-proj_\(name)_2", "a_b-\(name)-12", "proj_\(name)_1"] {
        #expect(
          recognise(facts(row.executable, row.command, in: container(names: [made])))
            == .service(service(row.service)), "\(made)")
      }
    }
  }

  @Test("ENTRYPOINT and CMD may both name the binary", arguments: Row.all)
  func namedTwice(row: Row) {
    let place = container(names: [row.names[0]])
    let options = ["-b", "0.0.0.0", "-p", "3000"]
    #expect(
      recognise(facts(row.executable, [row.executable] + row.command + options, in: place))
        == .service(service(row.service)))
    // What argv[0] says counts for nothing.
    #expect(
      recognise(facts(row.executable, ["./x", row.executable] + row.arguments, in: place))
        == .service(service(row.service)))
  }

  @Test("Outside any container a name that tells enough is recognised at any path", arguments: tellingRows)
  func outside(row: Row) {
    let base = Path.lastComponent(of: row.executable)
    for path in [row.executable, "/opt/placeos/" + base, "/srv/jail/app/" + base] {
      #expect(recognise(facts(path, [path] + row.arguments)) == .service(service(row.service)), "\(path)")
    }
  }

  @Test("A name that tells enough is recognised in any container", arguments: tellingRows)
  func anyContainer(row: Row) {
    let place = container(names: ["web"], compose: "web", image: "shop/web:1")
    #expect(recognise(facts(row.executable, row.command, in: place)) == .service(service(row.service)))
  }

  @Test("A poor name outside any container has to be at the catalogue's own path", arguments: poorRows)
  func poorOutside(row: Row) {
    // Four services once had the same path, so it tells nothing.
    let expected: Recognition = row.executable == "/app" ? .other : .service(service(row.service))
    #expect(recognise(facts(row.executable, row.command)) == expected)
    let base = Path.lastComponent(of: row.executable)
    for path in [
      "/srv/other/" + base, "/usr/local/bin/" + base, "/opt/app/bin/" + base, base, "//" + base + "/x",
    ] {
      #expect(recognise(facts(path, [path] + row.arguments)) == .other, "\(path)")
    }
  }

  @Test("A poor name in a container that does not agree is nothing", arguments: poorRows)
  func poorInStrangeContainer(row: Row) {
    let name = row.names[0]
    let image = row.images[0]
    for place in [
      container(), container(names: ["web"]), container(image: "shop/web"),
      container(image: name), container(image: "library/\(name)"), container(image: image + "-extra"),
      container(image: "not" + image), container(image: image + "/more"),
      container(image: "x-placeos/\(name)"),
      container(image: "sha256:" + String(repeating: "0", count: 64)),
      container(names: [name + "x"]), container(names: ["x" + name]), container(names: [name.uppercased()]),
      container(names: ["proj-\(name)-"]), container(names: ["proj-\(name)-x1"]),
      container(names: ["proj\(name)-1"]),
      container(names: ["\(name)-dump-1"]), container(names: ["proj-\(name)-1-2"]), container(names: [""]),
      container(names: [name], compose: "web"), container(names: ["proj-\(name)-1"], compose: "web"),
      container(names: ["nginx"], compose: "nginx", image: "placeos/nginx"),
    ] {
      #expect(recognise(facts(row.executable, row.command, in: place)) == .other, "\(place)")
    }
  }

  @Test("A poor name is PlaceOS's wherever its symbols say so", arguments: poorRows)
  func poorWithSymbols(row: Row) {
    for place in [nil, container(names: ["web"], compose: "web", image: "shop/web:1")] {
      let path = "/srv/other/" + Path.lastComponent(of: row.executable)
      let found = recognise(facts(path, [path] + row.arguments, in: place, hasSymbols: true))
      if row.executable == "/app" {
        // Four services had that name: which one it is cannot be told, and it is none that a selector takes.
        guard case .service(let service) = found else {
          Issue.record("\(found)")
          continue
        }
        #expect(Catalogue.placeOS.service(named: service.name) == nil)
        #expect(service.kind == .service)
      } else {
        #expect(found == .service(service(row.service)))
      }
    }
    let agreeing = container(names: [row.names[0]])
    #expect(
      recognise(facts(row.executable, row.command, in: agreeing, hasSymbols: true))
        == .service(service(row.service)))
  }

  @Test("Symbols make nothing of a name that is none of PlaceOS's, and no work of an errand")
  func symbolsAlone() {
    for path in ["/usr/bin/other", "/app/init", "/rest-api-old", "/opt/drivers/x"] {
      #expect(recognise(facts(path, hasSymbols: true)) == .other, "\(path)")
    }
    #expect(recognise(facts("/srv/core", ["/srv/core", "-v"], hasSymbols: true)) == .errand(service("core")))
    #expect(recognise(facts("/srv/core", [], hasSymbols: true)) == .other)
  }

  @Test("Symbols prove, and so does an image of PlaceOS's; a name does not", arguments: Row.all)
  func proof(row: Row) {
    func proof(_ facts: ProcessFacts) -> Proof? { Catalogue.placeOS.proof(of: facts) }
    #expect(proof(facts(row.executable)) == nil)
    #expect(proof(facts(row.executable, hasSymbols: true)) == .symbols)
    for image in row.images {
      #expect(proof(facts(row.executable, in: container(image: "registry:5000/" + image + ":1"))) == .image)
      #expect(proof(facts(row.executable, in: container(image: image), hasSymbols: true)) == .symbols)
    }
    for place in [
      container(names: row.names), container(compose: row.names[0]), container(image: "shop/\(row.names[0])"),
      container(image: "placeos/nginx"), container(image: "x" + row.images[0]),
      container(image: row.images[0] + "x"),
    ] {
      #expect(proof(facts(row.executable, in: place)) == nil, "\(place)")
    }
  }

  @Test(
    "/app is the service that its container is",
    arguments: [
      ("rest-api", "api"), ("staff-api", "staff"), ("triggers", "triggers"), ("dispatch", "dispatch"),
    ])
  func app(image: String, name: String) {
    #expect(recognise(facts("/app", in: container(image: "placeos/\(image):1"))) == .service(service(name)))
    #expect(recognise(facts("/app", in: container(image: "placeos/init:1"))) == .other)
  }

  @Test("Where image, label and name speak of different services, they count in that order")
  func order() {
    #expect(
      recognise(
        facts("/app", in: container(names: ["staff-api"], compose: "dispatch", image: "placeos/triggers")))
        == .service(service("triggers")))
    #expect(
      recognise(facts("/app", in: container(names: ["staff-api"], compose: "dispatch", image: "local")))
        == .service(service("dispatch")))
    #expect(
      recognise(facts("/app", in: container(names: ["proj-staff-api-1", "api"]))) == .service(service("api")))
  }

  @Test("Drivers are recognised by their folder and by -p, in a container and outside")
  func drivers() {
    let path = "/app/bin/drivers/drivers_place_meet_c54390a"
    let core = container(names: ["core"], image: "placeos/core")
    let elsewhere = "/opt/placeos/bin/drivers/drivers_place_meet_c54390a"
    #expect(recognise(facts(elsewhere, [elsewhere, "-p"])) == .other)
    #expect(recognise(facts(elsewhere, [elsewhere, "-p"], hasSymbols: true)) == .service(service("driver")))
    #expect(recognise(facts(elsewhere, [elsewhere, "-m"], hasSymbols: true)) == .errand(service("driver")))
    for place in [nil, core, container(names: ["web"], image: "shop/web")] {
      #expect(recognise(facts(path, [path, "-p"], in: place)) == .service(service("driver")))
      #expect(recognise(facts(path, [path, "--protocol"], in: place)) == .service(service("driver")))
      #expect(recognise(facts(path, [path, path, "-p"], in: place)) == .service(service("driver")))
    }
    for name in ["core", "app", "rest-api", "ruby"] {
      let recognition = recognise(facts("/app/bin/drivers/" + name, ["x", "-p"], in: core))
      // Ruby's name comes before anything else: what it runs is not in its executable.
      #expect(recognition == (name == "ruby" ? .other : .service(service("driver"))), "\(name)")
    }
  }

  @Test(
    "What is in no driver's folder is no driver",
    arguments: [
      "/usr/lib/drivers/drivers_place_meet_c54390a", "/opt/app/bin/drivers/helper", "/app/bin/drivers",
      "/app/bin/drivers/sub/drivers_x", "/app/bin/drivers2/drivers_x", "app/bin/drivers/drivers_x",
      "drivers_place_meet_c54390a",
    ])
  func noDrivers(path: String) {
    #expect(recognise(facts(path, [path, "-p"], in: container(image: "placeos/core"))) == .other)
  }

  @Test("A process without arguments is nothing yet", arguments: Row.all)
  func noArguments(row: Row) {
    #expect(recognise(facts(row.executable, [], in: container(names: [row.names[0]]))) == .other)
  }

  @Test("The first look lets every executable of the table through, in a chroot too", arguments: Row.all)
  func firstLook(row: Row) {
    #expect(mayBePlaceOS(row.executable))
    #expect(mayBePlaceOS("/srv/jail" + row.executable))
  }

  @Test("The first look lets drivers and Ruby through, and little else")
  func firstLookAtOthers() {
    for path in [
      "/app/bin/drivers/x", "/jail/app/bin/drivers/x", "/usr/bin/ruby", "/usr/bin/ruby3.2", "/x/puma",
    ] {
      #expect(mayBePlaceOS(path), "\(path)")
    }
    for path in ["", "/", "/usr/bin/node", "/usr/bin/rubyx", "/bin/sh", "/usr/bin/core-dump", "/rest-api.sh"]
    {
      #expect(!mayBePlaceOS(path), "\(path)")
    }
  }
}

@Suite struct FormerStaffTests {
  private func name(
    _ arguments: [String] = ["/app"], _ environment: [String: String] = [:], symbols: Bool = true
  )
    -> String?
  {
    let facts = ProcessFacts(
      executable: "/app", arguments: arguments, comm: "app", container: nil, hasPlaceOSSymbols: symbols,
      environment: environment)
    guard case .service(let service) = Catalogue.placeOS.recognise(facts) else { return nil }
    return service.name
  }

  @Test func oldStaffIsKnownByItsPortAndByItsStore() {
    #expect(name(["/app", "-b", "0.0.0.0", "-p", "8080"]) == "staff")
    #expect(name(["/app"], ["PG_DATABASE_URL": "db"]) == "staff")
  }

  @Test func othersOfThatNameAreNot() {
    #expect(name(["/app", "-p", "3000"], ["PG_DATABASE_URL": "db"]) == "app")
    #expect(name(["/app"], ["PG_HOST": "db", "RETHINKDB_HOST": "rethink"]) == "app")
    #expect(name() == "app")
    // Any program can be called so.
    #expect(name(["/app", "-p", "8080"], ["PG_HOST": "db"], symbols: false) == nil)
  }
}
