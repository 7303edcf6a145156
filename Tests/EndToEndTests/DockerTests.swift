import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("Docker containers", .needsDocker)
  struct DockerTests {
    let docker = Docker()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("status names service, container, image, id and runtime of all that runs in containers")
    func status() throws {
      let fleet = try DockerFleet(docker)
      let document = try tool("status", "--json")
      #expect(document.status == 0)
      let rows = try document.rows()
      #expect(try document.json()["schema_version"]?.int == 1)
      let expected = [
        ("api", fleet.api, try fleet.api.servicePID(), "/rest-api", "toggle", "warn"),
        ("core", fleet.core, try fleet.core.servicePID(), "/bin/core", "toggle", "info"),
        ("driver", fleet.core, fleet.driver, DockerImage.driver, "driver", "error"),
        ("staff", fleet.staff, try fleet.staff.servicePID(), "/app", "latch", "debug"),
        ("triggers", fleet.triggers, try fleet.triggers.servicePID(), "/triggers", "toggle", "debug"),
      ]
      // Neither docker-init nor a health check is among them.
      #expect(rows.map { $0["pid"]?.int } == expected.map { Int($0.2) })
      for (row, (service, container, _, executable, dialect, level)) in zip(rows, expected) {
        #expect(row["service"]?.string == service)
        #expect(row["executable"]?.string == executable)
        #expect(row["container", "runtime"]?.string == "docker")
        #expect(row["container", "id"]?.string == container.id)
        #expect(row["container", "name"]?.string == container.name)
        #expect(row["container", "image"]?.string == container.image)
        #expect(row["pod"] == .null)
        #expect(row["dialect"]?.string == dialect)
        #expect(row["debug"] == .bool(false))
        #expect(row["level"]?.string == level)
        #expect(row["switchable"] == .bool(true))
      }
      let text = try tool("status")
      #expect(text.status == 0)
      let lines = text.output.split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= 100 })
      let services = lines.dropFirst().map { $0.prefix { $0 != " " } }
      #expect(services == ["api", "core", "driver/place_meet", "staff", "triggers"])
      #expect(fleet.all.allSatisfy { $0.signals.isEmpty })
    }

    @Test("toggle api turns the container's log verbose and ends with the line that follows it")
    func toggle() throws {
      let api = try docker.start(.api, name: "rest-api", environment: ["LOG_LEVEL": "warn"])
      let on = try tool("toggle", "api")
      #expect(on.status == 0)
      #expect(try api.becomes(verbose: true))
      #expect(eventually { api.logs().contains("default log level changed to Trace") })
      #expect(eventually { api.logs().contains("still here") })
      let line = String(on.output.split(separator: "\n").last ?? "").drop { $0 == " " }
      #expect(line == "placeos-loglevel follow api/rest-api")
      try expectTraceLines(following: line, of: ["rest-api"])

      let off = try tool("toggle", "api")
      #expect(off.status == 0)
      #expect(try api.becomes(verbose: false))
      #expect(eventually { api.logs().contains("default log level changed to Info") })
      #expect(!off.output.contains("placeos-loglevel follow"))
      #expect(api.signals.count == 2)
    }

    @Test("after a switch of two containers the last line follows both")
    func followTwo() throws {
      _ = try docker.start(.api, name: "rest-api")
      _ = try docker.start(.triggers, name: "triggers")
      let on = try tool("on", "api", "triggers")
      #expect(on.status == 0)
      let line = String(on.output.split(separator: "\n").last ?? "").drop { $0 == " " }
      #expect(line == "placeos-loglevel follow api/rest-api triggers/triggers")
      try expectTraceLines(following: line, of: ["rest-api", "triggers"])
    }

    /// Runs the line as a person would, until each program's trace lines have come.
    private func expectTraceLines(following line: Substring, of programs: [String]) throws {
      let log = scratch("followed")
      var words = line.split(separator: " ").dropFirst().map(String.init)
      words.append("--raw")
      let follow = try Child(
        TestMachine.program, words, environment: ["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory],
        output: log)
      for program in programs {
        #expect(
          eventually {
            Files.text(log).split(separator: "\n").contains {
              $0.hasPrefix("level=[T]") && $0.contains("program=\(program) ") && $0.contains("still here")
            }
          })
      }
      follow.signal(SIGINT)
      #expect(follow.exitStatus == 128 + SIGINT)
    }

    @Test("--all switches every service once, drivers only where they are named, and back again")
    func all() throws {
      let fleet = try DockerFleet(docker)
      let services = Set(try fleet.all.map { try $0.servicePID() })
      let on = try tool("on", "--all", "--for", "10m", "--json")
      #expect(on.status == 0)
      #expect(Set(try on.rows().compactMap { $0["pid"]?.int }) == Set(services.map(Int.init)))
      for container in fleet.all { #expect(try container.becomes(verbose: true)) }
      #expect(try fleet.core.isVerbose(pid: fleet.driver) == false)

      let drivers = try tool("on", "--all", "driver", "--json")
      #expect(drivers.status == 0)
      let switched = try drivers.rows().filter { $0["outcome"]?.string == "switched" }
      #expect(switched.map { $0["pid"]?.int } == [Int(fleet.driver)])
      #expect(try fleet.core.becomes(verbose: true, pid: fleet.driver))
      #expect(eventually { fleet.core.logs().contains("changed to Trace") })

      let off = try tool("off", "--all", "driver", "--json")
      #expect(off.status == 0)
      for container in fleet.all { #expect(try container.becomes(verbose: false)) }
      #expect(try fleet.core.becomes(verbose: false, pid: fleet.driver))
      // Core's folder holds its driver's record too.
      #expect(fleet.all.map(\.signals.count) == [2, 4, 2, 2])
    }

    @Test("a driver in core's container is switched by its name, core and its init stay as they are")
    func driver() throws {
      let core = try docker.start(
        .core, name: "core", environment: ["STANDIN_CURL_SECONDS": "600"], options: ["--init"])
      let driver = try core.execute(DockerImage.driver, ["-p"])
      let on = try tool("on", "driver/place_meet", "--json")
      #expect(on.status == 0)
      let rows = try on.rows()
      #expect(rows.map { $0["pid"]?.int } == [Int(driver)])
      #expect(rows.first?["container", "name"]?.string == "core")
      #expect(try core.becomes(verbose: true, pid: driver))
      #expect(try core.isVerbose() == false)
      let off = try tool("off", "driver/place_*")
      #expect(off.status == 0)
      #expect(try core.becomes(verbose: false, pid: driver))
      // USR2 is not its way back.
      #expect(core.signals.allSatisfy { $0.contains(" USR1 ") })
      #expect(core.signals.count == 2)
    }

    @Test("revert takes back what this tool switched on, and leaves what somebody else did")
    func revert() throws {
      let api = try docker.start(.api, name: "rest-api")
      let staff = try docker.start(.staff, name: "staff-api")
      let triggers = try docker.start(.triggers, name: "triggers")
      kill(try triggers.mainPID(), SIGUSR1)
      #expect(try triggers.becomes(verbose: true))
      #expect(try tool("on", "api", "staff", "triggers").status == 0)
      #expect(try api.becomes(verbose: true))
      #expect(try staff.becomes(verbose: true))

      let revert = try tool("revert", "--json")
      #expect(revert.status == 0)
      #expect(try revert.rows().map { $0["service"]?.string } == ["api", "staff"])
      #expect(try api.becomes(verbose: false))
      #expect(try staff.becomes(verbose: false))
      #expect(try triggers.isVerbose() == true)
      let again = try tool("revert", "--json")
      #expect(again.status == 0)
      #expect(try again.rows().isEmpty)
      #expect([api, staff, triggers].map(\.signals.count) == [2, 2, 1])

      let history = try tool("history", "--json").json()["entries"]?.array ?? []
      let told = history.map { "\($0["command"]?.string ?? "") \($0["service"]?.string ?? "")" }
      #expect(told == ["on api", "on staff", "revert api", "revert staff"])
      #expect(history.allSatisfy { $0["outcome"]?.string == "switched" })
      #expect(history.first?["container", "name"]?.string == "rest-api")
    }
  }
}
