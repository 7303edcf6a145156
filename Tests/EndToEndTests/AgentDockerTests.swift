import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("The agent and containers", .needsDocker) struct AgentDocker {
    let docker = Docker()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("a container that crashes, is restarted or is made anew under its name comes back into debug mode")
    func follows() throws {
      let agent = try RunningAgent(tool)
      let api = try docker.start(.api, name: "rest-api")
      let beside = try docker.start(.api, name: "rest-api-2")
      #expect(try tool("on", "api/rest-api", "--follow-restarts", "--reason", "INC-42").status == 0)
      #expect(try api.becomes(verbose: true))

      // Docker's restart policy starts it again.
      kill(try api.mainPID(), SIGKILL)
      #expect(eventually { api.signals.count == 2 }, "\(agent.log)")
      #expect(try api.becomes(verbose: true))

      try api.docker("stop", "--time", "0")
      api.forgetTruth()
      #expect(agent.says("has ended", "container=rest-api"))
      let awaited = try tool("status", "--json").json()["awaited"]?.array ?? []
      #expect(awaited.map { $0["container", "name"]?.string } == ["rest-api"])
      try api.docker("start")
      #expect(try api.becomes(verbose: true), "\(agent.log)")
      #expect(api.signals.count == 1)

      try api.docker("rm", "--force")
      let anew = try docker.start(.api, name: "rest-api")
      #expect(anew.id != api.id)
      #expect(try anew.becomes(verbose: true), "\(agent.log)")
      #expect(anew.signals.count == 1)
      let rows = try tool("status", "--json").rows()
      #expect(rows.map { $0["follows_restarts"]?.bool } == [true, nil])
      #expect(rows.first?["reason"]?.string == "INC-42")
      #expect(try tool("off", "api/rest-api").status == 0)
      #expect(try anew.becomes(verbose: false))
      #expect(beside.signals.isEmpty)
    }

    @Test("a deadline of a service in a container is kept")
    func deadline() throws {
      let agent = try RunningAgent(tool)
      let staff = try docker.start(.staff, name: "staff-api")
      #expect(try tool("on", "staff", "--for", "500ms").status == 0)
      #expect(eventually { staff.signals.count == 2 }, "\(agent.log)")
      #expect(try staff.becomes(verbose: false))
      #expect(agent.says("reverted", "container=staff-api"))
    }
  }
}
