import TestSupport
import Testing

extension EndToEnd {
  @Suite("Containers that end and pause", .needsDocker)
  struct DockerLifeTests {
    let docker = Docker()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("what was restarted is at its own level: its entry is dropped, nothing is sent, and that is told")
    func restart() throws {
      let api = try docker.start(.api, name: "rest-api")
      #expect(try tool("on", "api").status == 0)
      #expect(try api.becomes(verbose: true))
      let before = try api.mainPID()
      api.forgetTruth()
      try api.docker("restart", "--time", "1")
      try api.awaitReadiness()

      let status = try tool("status", "--json")
      #expect(try status.rows().map { $0["debug"] } == [.bool(false)])
      #expect(try status.rows().map { $0["since"] } == [.null])
      #expect(try status.json()["restarted"]?.array?.map { $0["pid"]?.int } == [Int(before)])
      #expect(try tool("status").errors.contains("has ended: its replacement is at its own level"))
      let revert = try tool("revert", "--json")
      #expect(revert.status == 0)
      #expect(try revert.rows().map { $0["outcome"]?.string } == ["vanished"])
      #expect(try revert.rows().map { $0["pid"]?.int } == [Int(before)])
      #expect(try tool("status", "--json").json()["restarted"] == .array([]))
      #expect(try tool("revert", "--json").rows().isEmpty)
      #expect(try api.isVerbose() == false)
      // Docker's own SIGTERM to the old process is all that there was.
      #expect(api.signals.allSatisfy { $0.contains(" TERM ") })
      #expect(try tool("history", "--json").json()["entries"]?.array?.count == 1)
    }

    @Test("on after a restart drops the old entry and switches the new process")
    func onAfterRestart() throws {
      let api = try docker.start(.api, name: "rest-api")
      #expect(try tool("on", "api").status == 0)
      api.forgetTruth()
      try api.docker("restart", "--time", "1")
      try api.awaitReadiness()
      let on = try tool("on", "api", "--json")
      #expect(on.status == 0)
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(try on.json()["restarted"]?.array?.count == 1)
      #expect(try api.becomes(verbose: true))
      #expect(try tool("revert", "--json").rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(try api.becomes(verbose: false))
    }

    @Test("what was killed or removed has vanished, and that is as asked")
    func killed() throws {
      let api = try docker.start(.api, name: "rest-api")
      let triggers = try docker.start(.triggers, name: "triggers")
      #expect(try tool("on", "api", "triggers").status == 0)
      try api.docker("kill")
      try triggers.docker("rm", "--force")
      let revert = try tool("revert", "--json")
      #expect(revert.status == 0)
      #expect(try revert.rows().map { $0["outcome"]?.string } == ["vanished", "vanished"])
      #expect(try revert.rows().map { $0["container", "name"]?.string } == ["rest-api", "triggers"])
      #expect(try tool("toggle", "api", "triggers").status == 1)
    }

    @Test("what is paused is refused as a stopped process is, and switched once it goes on")
    func paused() throws {
      let api = try docker.start(.api, name: "rest-api")
      try api.docker("pause")
      defer { _ = try? api.docker("unpause") }
      for command in ["on", "toggle"] {
        let run = try tool(command, "api", "--json")
        #expect(run.status == 4)
        #expect(try run.rows().map { $0["outcome"]?.string } == ["refused"], "\(command)")
      }
      #expect(try tool("status", "--json").rows().first?["stopped"] == .bool(true))

      try api.docker("unpause")
      let on = try tool("on", "api", "--wait", "20s", "--json")
      #expect(on.status == 0)
      #expect(try api.becomes(verbose: true))
      #expect(api.signals.count == 1)

      try api.docker("pause")
      let off = try tool("off", "api")
      #expect(off.status == 4)
      // Its deadline still holds.
      let row = try tool("status", "--json").rows().first
      #expect(row?["debug"] == .bool(true))
      #expect(row?["signal_pending"] == .bool(false))
      #expect(row?["expires_at"]?.string != nil)
      try api.docker("unpause")
      #expect(try tool("revert", "--wait", "20s").status == 0)
      #expect(try api.becomes(verbose: false))
      #expect(api.signals.count == 2)
    }

    @Test("a signal that its event loop has not come to is shown, and none is added to it")
    func queued() throws {
      let api = try docker.start(.api, name: "rest-api", environment: ["STANDIN_START_DELAY": "4"])
      let first = try tool("on", "api", "--wait", "200ms", "--json")
      #expect(first.status == 4)
      #expect(try first.rows().map { $0["outcome"]?.string } == ["unconfirmed"])
      #expect(try tool("status", "--json").rows().first?["signal_pending"] == .bool(true))
      for command in ["on", "off", "toggle", "revert"] {
        let again = try tool(command, "api", "--wait", "50ms", "--json")
        #expect(again.status == 4, "\(command)")
        #expect(try again.rows().map { $0["outcome"]?.string } == ["failed"], "\(command)")
      }
      #expect(try api.becomes(verbose: true))
      #expect(api.signals.count == 1)
      let revert = try tool("revert", "--json", "--wait", "20s")
      #expect(revert.status == 0)
      #expect(try api.becomes(verbose: false))
      #expect(api.signals.count == 2)
      #expect(try tool("revert").output == "Nothing to take back.\n")
    }
  }
}
