import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// What is wrong with one process stays with it: two others beside it are found, shown, switched and taken back.
  @Suite("Hostile neighbours") struct HostileTests {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    struct Hangs: Error { let arguments: [String] }

    /// Runs the program, and does not wait for it for ever.
    func run(_ arguments: String...) throws -> Tool.Run {
      let running = try tool.start(arguments)
      let hasEnded = eventually { !running.child.isRunning }
      guard hasEnded else { throw Hangs(arguments: arguments) }
      return running.finish()
    }

    /// The outcomes or levels of the two others.
    func rows(_ run: Tool.Run, _ key: String) throws -> [JSON?] {
      let rows = try run.rows()
      return ["api", "triggers"].map { service in rows.first { $0["service"]?.string == service }?[key] }
    }

    @Test("every command goes on with the others", arguments: Hostile.Attack.allCases)
    func commands(_ attack: Hostile.Attack) throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      let hostile = try Hostile(attack, in: scratch)
      let on = try run("on", "--all", "--json")
      #expect(
        try rows(on, "outcome") == [.string("switched"), .string("switched")], "\(on.output)\(on.errors)")

      try hostile.begin()
      let status = try run("status", "--json")
      #expect(status.status == 0 || status.status == 4, "\(status.output)\(status.errors)")
      #expect(try rows(status, "debug") == [.bool(true), .bool(true)])
      let off = try run("off", "api", "--json")
      #expect(try rows(off, "outcome")[0] == .string("switched"), "\(off.output)\(off.errors)")
      #expect(api.becomes(verbose: false))
      let all = try run("on", "--all", "--json")
      #expect(
        try rows(all, "outcome") == [.string("switched"), .string("unchanged")], "\(all.output)\(all.errors)")
      let revert = try run("revert", "--json")
      #expect(try rows(revert, "outcome") == [.string("switched"), .string("switched")], "\(revert.output)")
      #expect(api.becomes(verbose: false) && triggers.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1", "USR1", "USR1"])
      #expect(triggers.signals() == ["USR1", "USR1"])
      // Once on and once off at most: never a second one that the first has not called for.
      #expect(hostile.signalCount <= 2)
    }

    @Test("the agent takes the others back", arguments: Hostile.Attack.allCases)
    func agent(_ attack: Hostile.Attack) throws {
      let agent = try RunningAgent(tool)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      let hostile = try Hostile(attack, in: scratch)
      let on = try run("on", "--all", "--for", "2s", "--json")
      #expect(
        try rows(on, "outcome") == [.string("switched"), .string("switched")], "\(on.output)\(on.errors)")
      try hostile.begin()
      #expect(api.isReverted() && triggers.isReverted(), "\(agent.log)")
      #expect(agent.child.isRunning)
      #expect(hostile.signalCount <= 2)
      agent.child.signal(SIGTERM)
      #expect(eventually { !agent.child.isRunning })
    }
  }
}
