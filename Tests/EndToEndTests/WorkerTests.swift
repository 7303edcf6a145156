import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("Workers") struct Workers {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// The processes of a service, by `status`.
    func pids() throws -> [Int32] {
      try tool("status", "--json").rows().compactMap { $0["pid"]?.int.map(Int32.init) }
    }

    /// Whether there are three processes, each with its handler.
    func areReady() throws -> Bool {
      try tool("status", "--json").rows().filter { $0["switchable"]?.bool == true }.count == 3
    }

    @Test(
      "every worker is switched, once, and back",
      arguments: [(["-w", "3"], [:]), ([], ["SG_PROCESS_COUNT": "3"])])
    func threeWorkers(_ arguments: [String], _ environment: [String: String]) throws {
      let api = try StandIn("toggle-static", as: "rest-api", arguments, environment: environment, in: scratch)
      #expect(try eventually { try areReady() })
      let pids = try pids()
      #expect(pids.contains(api.pid))
      let on = try tool("toggle", "api", "--json")
      #expect(on.status == 0)
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched", "switched", "switched"])
      for pid in pids {
        #expect(api.becomes(verbose: true, pid: pid))
        #expect(api.signals(pid: pid) == ["USR1"])
      }
      #expect(try tool("on", "pid:\(pids[1])", "--json").rows().first?["outcome"]?.string == "unchanged")
      #expect(try tool("revert", "--json").rows().count == 3)
      for pid in pids {
        #expect(api.becomes(verbose: false, pid: pid))
        #expect(api.signals(pid: pid) == ["USR1", "USR1"])
      }
      #expect(
        Files.text(scratch("state/history.jsonl")).split(separator: "\n").count {
          !$0.contains("\"signal\":null")
        } == 6)
      // Workers end with their parent; the next test shall not meet them.
      api.child.end()
      #expect(eventually { !pids.contains { Kernel.state(of: $0).map { $0 != "Z" } ?? false } })
    }

    @Test("one worker of three can be switched alone, and toggle brings them together")
    func oneWorker() throws {
      let api = try StandIn("toggle-static", as: "rest-api", ["-w", "3"], in: scratch)
      #expect(try eventually { try areReady() })
      let pids = try pids()
      #expect(try tool("on", "pid:\(pids[2])").status == 0)
      #expect(pids.map { api.isVerbose(pid: $0) } == [false, false, true])
      #expect(try tool("toggle", "api").status == 0)
      for pid in pids { #expect(api.becomes(verbose: true, pid: pid)) }
      #expect(pids.map { api.signals(pid: $0).count } == [1, 1, 1])
      api.child.end()
      #expect(eventually { !pids.contains { Kernel.state(of: $0).map { $0 != "Z" } ?? false } })
    }
  }
}
