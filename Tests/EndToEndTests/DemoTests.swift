import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("scripts/demo") struct Demo {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }
    /// The demo's temporary folder is made in here, and nothing else is.
    var place: String { scratch("demo") }
    let script = TestMachine.checkout + "/scripts/demo"
    var environment: [String: String] {
      ["PLACEOS_LOGLEVEL_BINARY": TestMachine.program, "TMPDIR": scratch.folder("demo")]
    }

    @Test("The demo shows a stand-in going into debug mode and coming back, and leaves nothing behind")
    func showsItsClaims() throws {
      let usualHistory = Files.text(usualHistoryPath)
      let run = try Command.run(script, [], environment: environment)
      #expect(run.status == 0)
      #expect(run.errors == "")

      let parts = run.output.split(separator: "\n$ placeos-loglevel ").map { String($0) }
      try #require(
        parts.map { $0.prefix { $0 != " " && $0 != "\n" } }.dropFirst()
          == ["status", "toggle", "status", "status", "history"])
      // Every dialect is among the stand-ins.
      for service in ["api", "driver/demo_lights", "staff", "triggers"] {
        #expect(parts[1].contains("\n\(service) "), "\(service) is not in the first status")
      }
      let trace = "message=\"default log level changed to Trace\""
      let info = "message=\"default log level changed to Info\""
      #expect(!parts[1].contains("level=[T]"), "the log is quiet before")
      #expect(parts[2].contains("off -> on") && parts[2].contains("confirmed by memory"))
      #expect(parts[2].contains(trace) && parts[2].contains("level=[T]"))
      #expect(parts[3].contains("trace"), "the second status is of the time in debug mode")
      let (before, after) = try #require(parts[3].halves(around: info))
      #expect(before.contains("level=[T]"))
      #expect(!after.contains("level=[T]"), "the log is quiet afterwards")
      #expect(!parts[4].contains("trace"))
      #expect(parts[5].contains(" toggle ") && parts[5].contains(" revert "))

      #expect(try leftovers() == "")
      #expect(Files.text(usualHistoryPath) == usualHistory)
    }

    @Test("Where a service runs, the demo names it and the command for it, and touches nothing")
    func leavesServicesAlone() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try Command.run(script, [], environment: environment)
      #expect(run.status == 0)
      #expect(run.output.contains("PlaceOS runs on this host"))
      #expect(run.output.contains(" \(api.pid) "))
      #expect(run.output.contains("sudo \(TestMachine.program) toggle api"))
      #expect(!run.output.contains("stand-in"))
      #expect(api.child.isRunning)
      #expect(api.isVerbose() == false)
      #expect(!Files.text(api.log).contains("log level changed"))
      api.child.end()
      #expect(try leftovers() == "")
    }

    @Test("A demo that is stopped half-way leaves nothing behind", arguments: [SIGINT, SIGTERM])
    func stoppedHalfWay(signal: Int32) throws {
      let output = scratch("output")
      let demo = try Child(script, environment: environment, output: output)
      #expect(eventually { Files.text(output).contains("level=[T]") || !demo.isRunning })
      #expect(try tool("status").status == 0)
      demo.signal(signal)
      #expect(demo.exitStatus == 128 + signal)
      #expect(try leftovers() == "")
    }

    @Test("Stand-ins end with their demo, even with one that was killed")
    func killedHalfWay() throws {
      let output = scratch("output")
      let demo = try Child(script, environment: environment, output: output)
      #expect(eventually { Files.text(output).contains("level=[T]") || !demo.isRunning })
      demo.end()
      #expect(try eventually { try tool("status").status == 1 })
    }

    private let usualHistoryPath = "/var/log/placeos-loglevel/history.jsonl"

    /// What a demo that has ended left: processes of PlaceOS, as the program sees them, and files.
    private func leftovers() throws -> String {
      let processes = try tool("status")
      let files = try Command.run("/bin/ls", ["-A", place])
      return (processes.status == 1 ? "" : processes.output) + files.output + files.errors
    }
  }
}

extension String {
  /// What stands before and behind a text that comes once.
  fileprivate func halves(around text: String) -> (String, String)? {
    let first = split(separator: text, maxSplits: 1, omittingEmptySubsequences: false)
    return first.count == 2 ? (String(first[0]), String(first[1])) : nil
  }
}
