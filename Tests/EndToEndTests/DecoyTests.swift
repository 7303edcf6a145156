import Glibc
import Testing

extension EndToEnd {
  /// Processes that a match by name would hit, beside real services: none of them ever gets a signal.
  @Suite("Decoys") struct DecoyTable {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    static let services = [
      "ai-support-agent", "api", "auth", "build", "build-api", "core", "dispatch", "edge", "frontends",
      "search-ingest", "source", "staff",
      "triggers",
    ]

    /// Every command in every form, `--wait` short: what is still starting will not be ready.
    static func commands(pids: [Int32]) -> [[String]] {
      let everyPid = pids.map { "pid:\($0)" }
      let aliases = ["rest-api", "staff-api", "frontend-loader", "mqtt", "rubber-soul", "placeos-auth"]
      var commands: [[String]] = [["status"], ["status", "--json"], ["history"], ["services"]]
      for verb in ["toggle", "on", "off"] {
        commands += [
          [verb, "--all", "--dry-run"], [verb, "--all"], [verb, "--all", "driver"],
          [verb, "--all", "driver/*", "--json"], [verb] + everyPid + ["--dry-run"], [verb] + everyPid,
          [verb] + services + ["driver"], [verb] + aliases, [verb, "driver/place_meet"],
          [verb] + (services + aliases).map { $0 + "/" + $0 },
        ]
        commands += services.map { [verb, $0] }
      }
      commands += [
        ["status"] + everyPid, ["revert", "--expired"],
        ["on", "--all", "driver", "--for", "1s", "--reason", "decoys"],
        ["revert", "--older-than", "0s"], ["on", "--all", "driver", "--permanent"], ["revert", "--dry-run"],
        ["revert"] + everyPid, ["revert", "--quiet"], ["revert"],
      ]
      return commands.map {
        ["services", "history", "status"].contains($0[0]) ? $0 : $0 + ["--wait", "20ms"]
      }
    }

    /// Runs every command beside `rows` and four real services, of which each does what it is told.
    func expectUnharmed(_ rows: [DecoyRow]) throws {
      let decoys = try Decoys(rows, in: scratch)
      #expect(decoys.running.count == rows.count && !rows.isEmpty)
      let api = try StandIn("toggle-static", as: "rest-api", ["-b", "0.0.0.0", "-p", "3000"], in: scratch)
      let core = try StandIn("toggle-static", as: "bin/core", ["/bin/core"], in: scratch, root: "core")
      let staff = try StandIn("latch-static", as: "staff-api", in: scratch)
      let driver = try StandIn("driver-static", as: DialectSample.driverPath, ["-p"], in: scratch)
      for real in [api, core, staff, driver] { #expect(real.child.isRunning) }
      #expect(decoys.harmed == [])

      var isOn = 0
      for command in Self.commands(pids: decoys.running.map(\.pid)) {
        let run = try tool.run(command)
        #expect([0, 1, 4].contains(run.status), "\(command): \(run.errors)")
        #expect(decoys.running.allSatisfy { $0.child.isRunning }, "\(command)")
        if api.isVerbose() == true, core.isVerbose() == true { isOn += 1 }
      }
      // One by one too, since a list could hide who was hit.
      for decoy in decoys.running { try tool("on", "pid:\(decoy.pid)", "--wait", "10ms") }
      #expect(decoys.harmed == [])
      // And it was not for want of signals.
      #expect(isOn > 5)
      #expect(api.signals().count > 5 && core.signals().count > 5 && driver.signals().count > 5)
      #expect(staff.signals() == ["USR1", "USR2"])
      for real in [api, core, staff, driver] { #expect(real.becomes(verbose: false)) }
    }

    @Test("no decoy gets a signal, over all commands")
    func always() throws { try expectUnharmed(DecoyRow.all().filter { $0.rule == "always" }) }

    @Test("no program that only bears a service's name gets a signal, over all commands")
    func proof() throws { try expectUnharmed(DecoyRow.all().filter { $0.rule == "proof" }) }

    @Test("no decoy is shown as a service that can be switched")
    func status() throws {
      let decoys = try Decoys(DecoyRow.all().filter { $0.rule == "always" }, in: scratch)
      let run = try tool("status", "--json")
      #expect(run.errors == "" || run.status == 1, "\(run.errors)")
      // Listed, with a reason, may be what has no handler (yet): real executables of PlaceOS's.
      let switchable = try run.rows().filter { $0["switchable"]?.bool == true }
      #expect(switchable == [])
      let pids = Set(try run.rows().compactMap { $0["pid"]?.int })
      let rows = decoys.running.filter { pids.contains(Int($0.pid)) }.map(\.row.name)
      #expect(rows == ["edge-old", "starting"].filter { rows.contains($0) })
      for line in try tool("status").output.split(separator: "\n") { #expect(line.count <= 100) }
      #expect(decoys.harmed == [])
    }
  }
}
