import Glibc
import Testing

extension EndToEnd {
  @Suite("What is selected") struct Selecting {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("replicas of which one is on come together on toggle, and never swap")
    func halfOn() throws {
      let first = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let second = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "pid:\(second.pid)").status == 0)
      let run = try tool("toggle", "api", "--json")
      #expect(run.status == 0)
      #expect(first.becomes(verbose: true) && second.isVerbose() == true)
      #expect(first.signals() == ["USR1"] && second.signals() == ["USR1"])
      #expect(try tool("toggle", "api").status == 0)
      #expect(first.becomes(verbose: false) && second.becomes(verbose: false))
      #expect(first.signals().count == 2 && second.signals().count == 2)
    }

    @Test("a process that cannot be switched does not keep the others from leaving debug mode")
    func toggleBesideSpent() throws {
      let spent = try StandIn("latch-static", as: "staff-api", in: scratch)
      let staff = try StandIn("toggle-static", as: "x/staff-api", in: scratch)
      for verb in ["on", "off"] { #expect(try tool(verb, "pid:\(spent.pid)").status == 0) }
      #expect(try tool("on", "pid:\(staff.pid)").status == 0)
      // All that can be switched is on: the rest of it leaves, and the spent one is refused.
      #expect(try tool("toggle", "staff").status == 4)
      #expect(staff.becomes(verbose: false))
      #expect(spent.signals() == ["USR1", "USR2"])
    }

    @Test("a spent latch is refused where it was named, and only reported under --all")
    func spentLatch() throws {
      let staff = try StandIn("latch-static", as: "staff-api", in: scratch)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let on = try tool("on", "staff")
      #expect(on.status == 0 && on.output.contains("once"), "\(on.output)")
      #expect(try tool("off", "staff").status == 0)
      for verb in ["on", "toggle"] {
        let named = try tool(verb, "staff", "--json")
        #expect(named.status == 4)
        let row = try #require(try named.rows().first)
        #expect(row["outcome"]?.string == "refused")
        #expect(row["message"]?.string?.contains("only a restart arms it again") == true)
      }
      let all = try tool("on", "--all", "--json")
      #expect(all.status == 0)
      let outcomes = try all.rows().map { [$0["service"]?.string, $0["outcome"]?.string] }
      #expect(outcomes == [["api", "switched"], ["staff", "refused"]])
      #expect(try tool("toggle", "--all").status == 0)
      #expect(api.becomes(verbose: false))
      let status = try tool("status", "staff", "--json").rows().first
      #expect(status?["switchable"]?.bool == false)
      #expect(status?["why_not"]?.string?.contains("only a restart") == true)
      #expect(staff.signals() == ["USR1", "USR2"])
      #expect(staff.child.isRunning)
    }

    @Test("--all leaves drivers alone unless driver is named too")
    func allAndDrivers() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let driver = try StandIn("driver-static", as: DialectSample.driverPath, ["-p"], in: scratch)
      #expect(try tool("on", "--all").status == 0)
      #expect(api.becomes(verbose: true))
      #expect(driver.signals() == [])
      let both = try tool("on", "--all", "driver", "--json")
      #expect(both.status == 0)
      #expect(try both.rows().map { $0["outcome"]?.string } == ["unchanged", "switched"])
      #expect(driver.becomes(verbose: true))
      #expect(try tool("off", "--all").status == 0)
      #expect(api.becomes(verbose: false))
      #expect(driver.isVerbose() == true)
      #expect(try tool("revert").status == 0)
      #expect(driver.becomes(verbose: false))
      #expect(api.signals().count == 2 && driver.signals() == ["USR1", "USR1"])
    }

    @Test(
      "a driver is selected by its name, with or without prefix and hash",
      arguments: [
        "driver/place_meet", "driver/drivers_place_meet_c54390a", "driver/place_meet_c54390a",
        "driver/drivers_place_meet", "driver/place_*", "driver/*meet*",
      ])
    func driverName(_ selector: String) throws {
      let meet = try StandIn("driver-static", as: DialectSample.driverPath, ["-p"], in: scratch)
      let other = try StandIn(
        "driver-static", as: "/app/bin/drivers/drivers_cisco_switch_0a1b2c3", ["-p"], in: scratch)
      #expect(try tool("on", selector).status == 0)
      #expect(meet.becomes(verbose: true))
      #expect(other.signals() == [])
      #expect(meet.signals() == ["USR1"])
    }

    @Test(
      "an alias means the service that it names",
      arguments: [
        ("rest-api", "api", "rest-api"), ("staff-api", "staff", "staff-api"),
        ("frontend-loader", "frontends", "frontends"), ("rubber-soul", "search-ingest", "search-ingest"),
        ("placeos-auth", "auth", "placeos-auth"),
      ])
    func alias(_ word: String, _ service: String, _ executable: String) throws {
      let process = try StandIn("toggle-static", as: executable, in: scratch)
      let run = try tool("on", word, "--json")
      #expect(run.status == 0)
      #expect(try run.rows().map { $0["service"]?.string } == [service])
      #expect(process.becomes(verbose: true))
      #expect(process.signals() == ["USR1"])
    }

    @Test("several selectors mean their union, each process once")
    func union() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      let dispatch = try StandIn("toggle-static", as: "dispatch", in: scratch)
      let run = try tool("toggle", "api", "triggers", "pid:\(api.pid)", "api", "--json")
      #expect(run.status == 0)
      #expect(try run.rows().map { $0["service"]?.string } == ["api", "triggers"])
      #expect(api.becomes(verbose: true) && triggers.becomes(verbose: true))
      #expect(api.signals() == ["USR1"] && triggers.signals() == ["USR1"] && dispatch.signals() == [])
    }

    @Test("what is there is done, and what is not there is named")
    func partlyMatched() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try tool("on", "api", "core")
      #expect(run.status == 4)
      #expect(run.errors.contains("nothing matches core"))
      #expect(api.becomes(verbose: true))
      let none = try tool("off", "core")
      #expect(none.status == 1)
      #expect(none.errors.contains("nothing matches core"))
      #expect(try tool("status", "core").status == 1)
      #expect(api.signals() == ["USR1"])
    }

    @Test("revert can be narrowed to a service")
    func narrowRevert() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "api", "triggers").status == 0)
      let run = try tool("revert", "triggers", "--json")
      #expect(run.status == 0)
      #expect(try run.rows().count == 1)
      #expect(triggers.becomes(verbose: false))
      #expect(api.isVerbose() == true)
      #expect(try tool("revert", "pid:\(api.pid)").status == 0)
      #expect(api.becomes(verbose: false))
      #expect(api.signals().count == 2 && triggers.signals().count == 2)
    }
  }
}
