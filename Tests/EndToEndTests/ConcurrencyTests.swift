import Glibc
import Testing

extension EndToEnd {
  @Suite("Several at once") struct Concurrency {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// Starts all, then waits for all.
    func atOnce(_ commands: [[String]]) throws -> [Tool.Run] {
      try commands.map { try tool.start($0 + ["--json"]) }.map { $0.finish() }
    }

    /// The outcomes of the only target, one a run.
    func outcomes(_ runs: [Tool.Run]) throws -> [String] {
      try runs.map { try $0.rows().first?["outcome"]?.string ?? "none" }
    }

    /// The lines of the history for signals; those for deadlines that were moved have none.
    var history: [Substring] {
      Files.text(scratch("state/history.jsonl")).split(separator: "\n").filter {
        !$0.contains("\"signal\":null")
      }
    }

    @Test("of two on at once, one sends the signal", arguments: DialectSample.all)
    func twoOn(_ sample: DialectSample) throws {
      let process = try StandIn(sample.fixture, as: sample.path, sample.arguments, in: scratch)
      let runs = try atOnce([["on", sample.service], ["on", sample.service]])
      #expect(runs.map(\.status) == [0, 0])
      #expect(try outcomes(runs).sorted() == ["switched", "unchanged"])
      #expect(process.becomes(verbose: true))
      #expect(process.signals() == ["USR1"])
    }

    @Test("two toggle at once switch on and off again, never twice one way", arguments: DialectSample.all)
    func twoToggles(_ sample: DialectSample) throws {
      let process = try StandIn(sample.fixture, as: sample.path, sample.arguments, in: scratch)
      let runs = try atOnce([["toggle", sample.service], ["toggle", sample.service]])
      #expect(runs.map(\.status) == [0, 0])
      #expect(process.signals() == ["USR1", sample.signalOff])
      #expect(process.isVerbose() == false)
    }

    @Test("sixteen commands at once: none is lost, and ledger, history and process agree")
    func sixteen() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let verbs = (0..<16).map { ["on", "off", "toggle", "toggle"][$0 % 4] }
      let runs = try atOnce(verbs.map { [$0, "api"] })
      let outcomes = try outcomes(runs)
      for (run, outcome) in zip(runs, outcomes) {
        #expect(run.status == 0, "\(run.errors)")
        #expect(["switched", "unchanged"].contains(outcome))
      }
      let switched = outcomes.filter { $0 == "switched" }.count
      #expect(api.signals().count == switched)
      #expect(history.count == switched)
      let truth = try #require(api.isVerbose() as Bool?)
      #expect(truth == (switched % 2 == 1))
      #expect(try tool("status", "--json").rows().first?["debug"]?.bool == truth)
      // What is on is the tool's own to take back, and nothing else is.
      #expect(try tool("revert", "--json").rows().count == (truth ? 1 : 0))
      #expect(api.becomes(verbose: false))
    }

    @Test("sixteen commands on several services at once lose no entry")
    func severalServices() throws {
      let names = ["rest-api", "triggers", "dispatch", "staff-api"]
      let services = ["api", "triggers", "dispatch", "staff"]
      let processes = try names.map { try StandIn("toggle-static", as: $0, in: scratch) }
      let runs = try atOnce((0..<16).map { ["on", services[$0 % 4]] })
      #expect(runs.allSatisfy { $0.status == 0 })
      for process in processes {
        #expect(process.becomes(verbose: true))
        #expect(process.signals() == ["USR1"])
      }
      #expect(history.count == 4)
      let reverted = try tool("revert", "--json").rows()
      #expect(reverted.map { $0["outcome"]?.string } == Array(repeating: "switched", count: 4))
      for process in processes { #expect(process.becomes(verbose: false)) }
    }

    @Test("on, off and revert --expired at once leave no process on without an entry")
    func withExpiry() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      var commands: [[String]] = []
      for _ in 0..<4 {
        commands += [["on", "api", "--for", "1ms"], ["off", "api"], ["revert", "--expired"], ["revert"]]
      }
      let runs = try atOnce(commands)
      for run in runs { #expect(run.status == 0, "\(run.output)\(run.errors)") }
      let truth = try #require(api.isVerbose() as Bool?)
      #expect(api.signals().count == history.count)
      #expect(try tool("revert", "--json").rows().count == (truth ? 1 : 0))
      #expect(api.becomes(verbose: false))
    }
  }
}
