import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// A service whose log is the only evidence of its level, after somebody else has switched it on.
  @Suite("Lines that are lost") struct LostLines {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    private func switchedByHand(_ format: String, isIdle: Bool = true) throws -> StandIn {
      var environment = ["PLACE_LOG_FORMAT": format]
      if isIdle { environment["STANDIN_IDLE"] = "1" }
      let api = try StandIn("toggle-stripped", as: "rest-api", environment: environment, in: scratch)
      // Times in a log are cut to the second: what is of its first one could be an earlier process's.
      let startSeconds = time(nil)
      #expect(eventually { time(nil) > startSeconds + 1 })
      api.child.signal(SIGUSR1)
      #expect(api.becomes(verbose: true))
      // Its word comes before its log's.
      #expect(eventually { Files.text(api.log).contains("rest-api.* log level changed to") })
      return api
    }

    /// Nothing is sent, whoever asks; a service beside it is switched as ever.
    private func expectRefused(_ api: StandIn, _ verbs: [String]) throws {
      let neighbour = try StandIn("toggle-static", as: "triggers", in: scratch)
      for verb in verbs {
        let run = try tool(verb, "api", "triggers", "--trust-name", "--json")
        #expect(run.status == 4, "\(verb): \(run.output)")
        let outcomes = try run.rows().map { ($0["service"]?.string, $0["outcome"]?.string) }
        #expect(outcomes.contains { $0 == ("api", "refused") }, "\(run.output)")
        #expect(
          outcomes.contains { $0 == ("triggers", verb == "off" ? "unchanged" : "switched") }, "\(run.output)")
        #expect(try tool("revert", "triggers").status < 2)
      }
      #expect(api.signals() == ["USR1"])
      #expect(api.isVerbose() == true)
      #expect(neighbour.becomes(verbose: false))
    }

    @Test("a service at trace whose log was cut is not taken for never touched", arguments: ["json", "line"])
    func cut(_ format: String) throws {
      let api = try switchedByHand(format)
      // The first line of a log may be as late as this after the start.
      let startSeconds = time(nil)
      #expect(eventually { time(nil) > startSeconds + 4 })
      try #require(truncate(api.log, 0) == 0)
      #expect(try tool("status", "api", "--json").rows().first?["debug"]?.isNull == true)
      try expectRefused(api, ["on", "off", "toggle"])
    }

    @Test("what it goes on to write at trace shows that it is in debug mode")
    func tracing() throws {
      let api = try switchedByHand("json", isIdle: false)
      let startSeconds = time(nil)
      #expect(eventually { time(nil) > startSeconds + 4 })
      try #require(truncate(api.log, 0) == 0)
      #expect(eventually { Files.text(api.log).contains("TRACE") })
      #expect(try tool("status", "api", "--json").rows().first?["debug"]?.bool == true)
      #expect(try tool("on", "api", "--trust-name", "--json").rows().first?["outcome"]?.string == "unchanged")
      #expect(try tool("off", "api", "--trust-name").status == 0)
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test("a line that a client can have written does not take it out of debug mode")
    func forged() throws {
      let api = try switchedByHand("line")
      #expect(try tool("status", "api", "--json").rows().first?["evidence"]?.string == "log")
      try expectRefused(api, ["off", "toggle"])
    }
  }
}
