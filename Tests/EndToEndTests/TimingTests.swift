import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("Deadlines, waiting and restarts") struct Timing {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// When the only process reverts, by `status`; null: never.
    func deadline() throws -> JSON? { try tool("status", "--json").rows().first?["expires_at"] }

    @Test("revert --expired takes back at the deadline, and not before")
    func expiry() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "triggers").status == 0)
      let start = monotonicSeconds()
      #expect(try tool("on", "api", "--for", "2s").status == 0)
      let early = try tool("revert", "--expired", "--json")
      #expect(early.status == 0)
      if monotonicSeconds() - start < 2 {
        #expect(try early.rows() == [])
        #expect(api.isVerbose() == true)
      }
      #expect(try eventually { try tool("revert", "--expired", "--json").rows().count == 1 })
      #expect(monotonicSeconds() - start >= 2)
      #expect(api.becomes(verbose: false))
      #expect(triggers.isVerbose() == true)
      #expect(try tool("revert", "--expired", "--json").rows() == [])
      #expect(api.signals().count == 2 && triggers.signals().count == 1)
    }

    @Test("what is past its deadline is overdue until something reverts it")
    func overdue() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--for", "1s").status == 0)
      #expect(try eventually { try tool("status").output.contains("overdue") })
      #expect(api.signals() == ["USR1"])
    }

    @Test("what is permanent is left by revert --expired, and taken back by revert")
    func permanent() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let on = try tool("on", "api", "--permanent", "--json")
      #expect(on.status == 0)
      #expect(try on.rows().first?["expires_at"]?.isNull == true)
      // Without a deadline nobody has to keep one.
      #expect(!on.errors.contains("deadline"))
      #expect(try tool("status").output.contains("never"))
      #expect(try tool("revert", "--expired", "--json").rows() == [])
      #expect(api.isVerbose() == true)
      #expect(try tool("revert", "--json").rows().count == 1)
      #expect(api.becomes(verbose: false))
      #expect(api.signals().count == 2)
    }

    @Test("revert --older-than takes back what has been on for longer, permanent or not")
    func olderThan() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let start = monotonicSeconds()
      #expect(try tool("on", "api", "--permanent").status == 0)
      #expect(try tool("revert", "--older-than", "1h", "--json").rows() == [])
      #expect(try eventually { try tool("revert", "--older-than", "1s", "--json").rows().count == 1 })
      #expect(monotonicSeconds() - start >= 1)
      #expect(api.becomes(verbose: false))
      #expect(api.signals().count == 2)
    }

    @Test("on moves the deadline of what is on already, and sends nothing")
    func movedDeadline() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--for", "2h").status == 0)
      let first = try deadline()
      // Nobody asked for another deadline: the one that somebody asked for stays.
      #expect(try tool("on", "api").status == 0)
      #expect(try deadline() == first)
      let sooner = try tool("on", "api", "--for", "30m", "--json")
      #expect(sooner.status == 0)
      #expect(try sooner.rows().first?["outcome"]?.string == "unchanged")
      #expect(try sooner.rows().first?["message"]?.string?.contains("deadline") == true)
      let second = try deadline()
      #expect(try #require(second?.string) < #require(first?.string))
      #expect(try tool("on", "api", "--permanent").status == 0)
      #expect(try deadline()?.isNull == true)
      #expect(try tool("on", "api", "--for", "1s").status == 0)
      #expect(try eventually { try tool("revert", "--expired", "--json").rows().count == 1 })
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test("toggle --for gives what it switches on a deadline")
    func toggleFor() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("toggle", "api", "--for", "1s").status == 0)
      #expect(try eventually { try tool("revert", "--expired", "--json").rows().count == 1 })
      #expect(api.becomes(verbose: false))
    }

    @Test("a run of revert --expired arms the deadlines, and nobody is warned any more")
    func arming() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").errors.contains("no deadline will be kept"))
      #expect(try tool("status").errors.contains("no deadline will be kept"))
      #expect(try tool("revert", "--expired", "--quiet").status == 0)
      let status = try tool("status", "--json")
      #expect(try status.json()["revert_armed"]?.bool == true)
      #expect(status.errors == "")
      #expect(try tool("on", "api", "--for", "2h").errors == "")
      #expect(api.signals() == ["USR1"])
    }

    @Test("a restarted process gets nothing, its entry is dropped, and the report says so")
    func restarted() throws {
      let old = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      old.child.end()
      let new = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let status = try tool("status")
      #expect(status.errors.contains("pid \(old.pid)") && status.errors.contains("has ended"))
      #expect(try tool("status", "--json").rows().first?["debug"]?.bool == false)
      let run = try tool("revert", "--json")
      #expect(run.status == 0)
      let row = try #require(try run.rows().first)
      #expect(row["pid"]?.int == Int(old.pid))
      #expect(row["outcome"]?.string == "vanished")
      #expect(row["message"]?.string?.contains("its own level") == true)
      #expect(try tool("revert", "--json").rows() == [])
      #expect(try tool("status").errors == "")
      #expect(new.signals() == [])
    }

    @Test("toggle after a restart switches the new process on, and drops the old one's entry")
    func toggleAfterRestart() throws {
      let old = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("toggle", "api").status == 0)
      old.child.end()
      let new = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try tool("toggle", "api")
      #expect(run.status == 0)
      #expect(run.errors.contains("pid \(old.pid)"))
      #expect(new.becomes(verbose: true))
      #expect(try tool("revert", "--json").rows().map { $0["pid"]?.int } == [Int(new.pid)])
      #expect(new.signals().count == 2)
    }

    @Test("a process without its handler is waited for, and gets one signal")
    func awaitsHandler() throws {
      let api = try StandIn(
        "toggle-static", as: "rest-api", environment: ["STANDIN_HANDLER_DELAY": "0.7"], in: scratch,
        awaitsHandler: false)
      let run = try tool("on", "api", "--wait", "20s", "--json")
      #expect(run.status == 0)
      #expect(try run.rows().first?["outcome"]?.string == "switched")
      #expect(api.becomes(verbose: true))
      #expect(api.signals() == ["USR1"])
    }

    @Test("a process whose handler does not come within --wait gets no signal: that would kill it")
    func handlerNeverComes() throws {
      let api = try StandIn(
        "toggle-static", as: "rest-api", environment: ["STANDIN_HANDLER_DELAY": "600"], in: scratch,
        awaitsHandler: false)
      for verb in ["on", "toggle"] {
        let run = try tool(verb, "api", "--wait", "100ms", "--json")
        #expect(run.status == 4)
        #expect(try run.rows().first?["message"]?.string?.contains("still starting") == true)
      }
      // Off is what it is already.
      #expect(try tool("off", "api", "--wait", "100ms").status == 0)
      #expect(api.child.isRunning)
      #expect(try tool("revert", "--json").rows() == [])
    }

    @Test("a process that acts late is waited for, and gets exactly one signal")
    func slowStart() throws {
      let api = try StandIn(
        "toggle-static", as: "rest-api", environment: ["STANDIN_START_DELAY": "0.75"], in: scratch)
      let run = try tool("on", "api", "--wait", "20s", "--json")
      #expect(run.status == 0)
      #expect(try run.rows().first?["outcome"]?.string == "switched")
      #expect(api.becomes(verbose: true))
      #expect(api.signals() == ["USR1"])
    }

    @Test("nothing is sent on top of a signal that has not been acted upon yet")
    func noSecondSignal() throws {
      let api = try StandIn(
        "toggle-static", as: "rest-api", environment: ["STANDIN_START_DELAY": "3"], in: scratch)
      let first = try tool("on", "api", "--wait", "50ms", "--json")
      #expect(first.status == 4)
      #expect(try first.rows().first?["outcome"]?.string == "unconfirmed")
      for verb in ["on", "toggle", "off", "revert"] {
        let next = try tool(verb, verb == "revert" ? "pid:\(api.pid)" : "api", "--wait", "50ms", "--json")
        #expect(next.status == 4, "\(verb): \(next.output)")
        #expect(try next.rows().first?["message"]?.string?.contains("none was added") == true, "\(verb)")
      }
      #expect(api.becomes(verbose: true))
      #expect(api.signals() == ["USR1"])
      let last = try tool("on", "api", "--json")
      #expect(last.status == 0)
      #expect(try last.rows().first?["outcome"]?.string == "unchanged")
      #expect(try tool("revert").status == 0)
      #expect(api.becomes(verbose: false))
    }

    @Test("the moment in which a handler arms itself again is no reason to refuse")
    func rearming() throws {
      let api = try StandIn(
        "toggle-static", as: "rest-api", environment: ["STANDIN_REARM_DELAY": "0.01"], in: scratch)
      for round in 1...20 {
        let run = try tool("toggle", "api", "--json")
        #expect(run.status == 0, "round \(round): \(run.output)")
      }
      #expect(api.becomes(verbose: false))
      #expect(api.signals().count == 20)
    }
  }
}
