import Testing

@testable import PlaceOS

@Suite("Errands of a service's own executable")
struct ErrandTests {
  static let errands: [[String]] = [
    ["-c", "http://localhost:3000/api"], ["-chttp://localhost:3000/api"], ["--curl", "http://x"],
    ["--curl=http://x"], ["-v"], ["--version"], ["-r"], ["--routes"], ["-e"], ["--env"], ["-d"], ["--docs"],
    ["-h"], ["--help"], ["-b", "0.0.0.0", "-c", "http://x"], ["-c", "http://x", "-b", "0.0.0.0"],
    ["-p", "3000", "--version"], ["-p3000", "-v"], ["-b", "-c", "-r"], ["--bind=0.0.0.0", "--curl", "x"],
  ]
  static let work: [[String]] = [
    [], ["-b", "0.0.0.0", "-p", "3000"], ["-b0.0.0.0", "-p3000"], ["--bind", "0.0.0.0", "--port", "3000"],
    ["--bind=0.0.0.0", "--port=3000"], ["-w", "4"], ["-w4"], ["--workers", "4"], ["--workers=2"],
    // The value of an option is none itself.
    ["-b", "-c"], ["--bind", "-v"], ["-p", "-r"], ["--port", "--help"], ["-w", "-e"], ["--workers", "-d"],
    ["--curlew"], ["--versions"], ["-"], ["--"], [""],
  ]

  @Test("Health checks and questions are errands, which a signal would kill", arguments: errands)
  func errand(arguments: [String]) {
    for row in Row.all where row.service != "build" {
      let place = container(names: [row.names[0]])
      for command in [[row.executable] + arguments, [row.executable, row.executable] + arguments] {
        #expect(
          recognise(facts(row.executable, command, in: place)) == .errand(service(row.service)), "\(row)")
      }
    }
  }

  @Test("What listens is at its work", arguments: work)
  func working(arguments: [String]) {
    for row in Row.all where row.service != "build" {
      let place = container(names: [row.names[0]])
      for command in [[row.executable] + arguments, [row.executable, row.executable] + arguments] {
        #expect(
          recognise(facts(row.executable, command, in: place)) == .service(service(row.service)), "\(row)")
      }
    }
  }

  @Test(
    "build is a service where it is told to serve, or told nothing",
    arguments: [
      (["server"], true), (["server", "-p", "3000"], true), (["-p", "3000", "server"], true), ([], true),
      (["-p3000"], true), (["compile"], false), (["compile", "server"], false),
      (["-p", "server", "compile"], false),
      (["server", "-v"], false), (["--help"], false), (["/app/bin/build", "server"], true),
      (["/app/bin/build", "compile"], false),
    ])
  func build(arguments: [String], isService: Bool) {
    let found = recognise(
      facts("/app/bin/build", ["/app/bin/build"] + arguments, in: container(names: ["build"])))
    #expect(found == (isService ? .service(service("build")) : .errand(service("build"))))
  }

  @Test(
    "A driver that does not speak core's protocol is on an errand",
    arguments: [
      ["-m"], ["--metadata"], ["-d"], ["--defaults"], ["-h"], ["--help"], ["-v"], ["--version"], [], ["-x"],
      ["-p", "-m"], ["-m", "-p"], ["p"],
    ])
  func driver(arguments: [String]) {
    let path = "/app/bin/drivers/drivers_place_meet_c54390a"
    #expect(recognise(facts(path, [path] + arguments)) == .errand(service("driver")))
  }
}
