import Glibc
import Testing

extension EndToEnd {
  @Suite("The agent follows restarts") struct AgentFollow {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    func start(_ name: String = "rest-api", _ environment: [String: String] = [:]) throws -> StandIn {
      try StandIn("toggle-static", as: name, environment: environment, in: scratch)
    }

    @Test("without an agent it is refused, with the command that starts one, and nothing is sent")
    func refused() throws {
      let api = try start()
      for verb in ["on", "toggle"] {
        let run = try tool(verb, "api", "--follow-restarts")
        #expect(run.status == 3)
        #expect(run.errors.contains("placeos-loglevel agent --state-dir"))
      }
      #expect(api.signals() == [])
      #expect(try tool("status", "--json").rows().first?["follows_restarts"]?.isNull == true)
    }

    @Test("what restarts is brought back into debug mode each time, with one signal, until its deadline")
    func restarts() throws {
      let agent = try RunningAgent(tool)
      var api = try start()
      let other = try start("triggers")
      #expect(try tool("on", "triggers").status == 0)
      let on = try tool("on", "api", "--follow-restarts", "--for", "1h", "--reason", "INC-42")
      #expect(on.status == 0)
      let deadline = try tool("status", "api", "--json").rows().first?["expires_at"]
      for round in 1...5 {
        api.child.signal(SIGKILL)
        if round == 2 { api.child.end() }
        let next = try start()
        #expect(next.becomes(verbose: true), "round \(round): \(agent.log)")
        #expect(next.signals() == ["USR1"])
        api = next
      }
      let rows = try tool("status", "--json").rows()
      #expect(rows.map { $0["follows_restarts"]?.bool } == [true, false])
      let row = try #require(rows.first)
      #expect(row["expires_at"] == deadline)
      #expect(row["reason"]?.string == "INC-42")
      #expect(try tool("status").output.contains("follows restarts"))
      // A deadline that moves is the wish's as well.
      #expect(try tool("on", "api", "--for", "300ms").status == 0)
      #expect(api.isReverted())
      api.child.end()
      let last = try start()
      #expect(agent.says("reverted", "pid=\(api.pid)"))
      #expect(last.signals() == [])
      #expect(other.signals() == ["USR1"])
      #expect(try tool("status", "api", "--json").json()["awaited"]?.array?.isEmpty == true)
    }

    @Test("a crash loop, with starts that take their time, loses no restart and no process")
    func crashLoop() throws {
      let agent = try RunningAgent(tool)
      let first = try start()
      #expect(try tool("on", "api", "--follow-restarts").status == 0)
      first.child.end()
      for delay in ["STANDIN_HANDLER_DELAY", "STANDIN_START_DELAY", "STANDIN_HANDLER_DELAY"] {
        let api = try StandIn(
          "toggle-static", as: "rest-api", environment: [delay: "0.6"], in: scratch, awaitsHandler: false)
        #expect(api.becomes(verbose: true), "\(agent.log)")
        #expect(api.signals() == ["USR1"])
        api.child.end()
      }
    }

    @Test("workers come back too")
    func workers() throws {
      let agent = try RunningAgent(tool)
      let cell = LevelCell(build: .static, dialect: .toggle, hasWorkers: true)
      let old = try StandInFamily(cell, in: scratch)
      #expect(try tool("on", "api", "--follow-restarts").status == 0)
      old.end()
      let new = try StandInFamily(cell, in: scratch)
      #expect(new.become(verbose: true), "\(agent.log)")
      #expect(new.signals == [["USR1"]])
    }

    @Test("switched off, or taken back, while it restarts: it stays off", arguments: ["off", "revert"])
    func unfollows(_ verb: String) throws {
      let agent = try RunningAgent(tool)
      let api = try start()
      #expect(try tool("on", "api", "--follow-restarts").status == 0)
      api.child.end()
      #expect(agent.says("has ended"))
      let status = try tool("status", "--json")
      #expect(try status.json()["awaited"]?.array?.map { $0["service"]?.string } == ["api"])
      #expect(status.errors.contains("followed"))
      let run = try tool(verb, "api")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("followed no longer"))
      let next = try start()
      #expect(try tool("status", "--json").rows().first?["debug"]?.bool == false)
      usleep(300_000)
      #expect(next.signals() == [])
      #expect(
        try tool(verb, "--json", verb == "off" ? "api" : "pid:\(next.pid)").status == (verb == "off" ? 0 : 1))
    }

    @Test("switched off while it runs: what comes next is not followed")
    func offEnds() throws {
      let agent = try RunningAgent(tool)
      let api = try start()
      #expect(try tool("on", "api", "--follow-restarts").status == 0)
      #expect(try tool("toggle", "api").status == 0)
      api.child.end()
      let next = try start()
      usleep(300_000)
      #expect(next.signals() == [], "\(agent.log)")
    }

    @Test("an agent that was killed follows on when it is back")
    func killed() throws {
      let first = try RunningAgent(tool)
      let api = try start()
      #expect(try tool("on", "api", "--follow-restarts").status == 0)
      first.child.end()
      api.child.end()
      let next = try start()
      #expect(next.signals() == [])
      let agent = try RunningAgent(tool)
      #expect(next.becomes(verbose: true), "\(agent.log)")
      #expect(next.signals() == ["USR1"])
    }

    @Test("another program of the same service elsewhere is not brought into debug mode")
    func elsewhere() throws {
      let agent = try RunningAgent(tool)
      let api = try start()
      #expect(try tool("on", "api", "--follow-restarts").status == 0)
      api.child.end()
      let other = try start("other/rest-api")
      #expect(agent.says("has ended"))
      usleep(300_000)
      #expect(other.signals() == [])
      #expect(try start().becomes(verbose: true))
    }
  }
}
