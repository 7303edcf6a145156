import Glibc
import Testing

extension EndToEnd {
  /// Services that are not ready yet. Two signals would cancel each other, and one that comes before the
  /// handler would end the process.
  @Suite("Slow starts") struct SlowStart {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// What is late: acting upon a signal that has been caught, or catching it.
    struct Delay: CustomTestStringConvertible, Sendable {
      let variable: String
      let cell: LevelCell
      var testDescription: String { "\(cell.testDescription), \(variable)" }

      static let all = LevelCell.Dialect.allCases.flatMap { dialect in
        ["STANDIN_START_DELAY", "STANDIN_HANDLER_DELAY"].map {
          Delay(variable: $0, cell: LevelCell(build: .static, dialect: dialect, hasWorkers: false))
        }
      }
      static let ofActing = all.filter { $0.variable == "STANDIN_START_DELAY" }
    }

    func start(_ delay: Delay, seconds: Double) throws -> StandIn {
      try StandIn(
        delay.cell.fixture, as: delay.cell.path, delay.cell.arguments,
        environment: [delay.variable: "\(seconds)"], in: scratch,
        awaitsHandler: delay.variable == "STANDIN_START_DELAY")
    }

    func outcomes(_ run: Tool.Run) throws -> [String?] { try run.rows().map { $0["outcome"]?.string } }

    @Test("a switch in the start is waited for, confirmed, and one signal", arguments: Delay.all)
    func confirmed(_ delay: Delay) throws {
      let process = try start(delay, seconds: 0.75)
      let run = try tool("on", delay.cell.service, "--wait", "5s", "--json")
      #expect(run.status == 0, "\(run.output)")
      #expect(try outcomes(run) == ["switched"])
      #expect(process.becomes(verbose: true))
      #expect(process.signals() == ["USR1"])
    }

    @Test("two commands at once in the start are one signal", arguments: Delay.all)
    func twice(_ delay: Delay) throws {
      let process = try start(delay, seconds: 0.75)
      let runs = try (0..<2).map { _ in try tool.start(["on", delay.cell.service, "--wait", "5s", "--json"]) }
        .map { $0.finish() }
      #expect(runs.map(\.status) == [0, 0], "\(runs.map(\.output))")
      #expect(Set(try runs.flatMap(outcomes)) == ["switched", "unchanged"])
      #expect(process.becomes(verbose: true))
      #expect(process.signals() == ["USR1"])
    }

    @Test(
      "what is not confirmed in time is said, not sent again, and found confirmed later",
      arguments: Delay.ofActing)
    func later(_ delay: Delay) throws {
      let process = try start(delay, seconds: 1.5)
      let first = try tool("on", delay.cell.service, "--wait", "100ms", "--json")
      #expect(first.status == 4)
      // A latch that was caught shows nothing until it has acted, as a flag does.
      #expect(try outcomes(first) == ["unconfirmed"])
      #expect(try first.rows().first?["message"]?.string?.contains("seen last: out of debug mode") == true)
      #expect(process.isVerbose() == false)
      let second = try tool("on", delay.cell.service, "--wait", "10s", "--json")
      #expect(second.status == 0, "\(second.output)")
      #expect(try outcomes(second) == ["unchanged"])
      #expect(process.becomes(verbose: true))
      #expect(process.signals() == ["USR1"])
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["debug"]?.bool == true)
      #expect(row["by"]?.isNull == false)
    }

    @Test("once it is found confirmed, what others do is theirs, and at once", arguments: Delay.ofActing)
    func settled(_ delay: Delay) throws {
      let process = try start(delay, seconds: 1)
      #expect(try tool("on", delay.cell.service, "--wait", "100ms").status == 4)
      #expect(process.becomes(verbose: true))
      #expect(try tool("on", delay.cell.service).status == 0)
      process.child.signal(delay.cell.dialect == .latch ? SIGUSR2 : SIGUSR1)
      #expect(process.becomes(verbose: false))
      // No signal of the tool's is on its way any more: the entry is dropped.
      let run = try tool("revert", "--wait", "100ms", "--json")
      #expect(run.status == 0, "\(run.output)")
      #expect(try outcomes(run) == ["unchanged"])
      #expect(process.signals() == ["USR1", delay.cell.signalOff])
    }
  }
}
