import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("A command that is killed on its way") struct Interrupted {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// The program under strace(1), which kills it at a system call.
    func tool(killedAt call: String, _ occurrence: Int) -> Tool {
      var tool = tool
      tool.through = [
        "/usr/bin/strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=\(call)",
        "-e", "inject=\(call):signal=KILL:when=\(occurrence)",
      ]
      return tool
    }

    @Test("killed between intent and signal: status is true, and revert, on and off work")
    func beforeSignal() throws {
      let samples = DialectSample.all.filter { $0.fixture.hasSuffix("static") }
      // Three on their way out of debug mode when it is killed, and three on their way into it.
      func standIns(_ root: String) throws -> [StandIn] {
        try samples.map { try StandIn($0.fixture, as: $0.path, $0.arguments, in: scratch, root: root) }
      }
      let downs = try standIns("down")
      let ups = try standIns("up")
      let downPids = downs.map { "pid:\($0.pid)" }
      let upPids = ups.map { "pid:\($0.pid)" }
      #expect(try tool.run(["on"] + downPids).status == 0)
      let killer = tool(killedAt: "pidfd_send_signal", 1)
      #expect(try killer.run(["off"] + downPids).status == 128 + SIGKILL)
      #expect(try killer.run(["on"] + upPids).status == 128 + SIGKILL)
      #expect(Files.text(scratch("state/state.json")).contains("intended"))
      for process in downs { #expect(process.signals() == ["USR1"] && process.isVerbose() == true) }
      for process in ups { #expect(process.signals() == [] && process.isVerbose() == false) }

      let evidences = samples.map { Optional($0.evidence) }
      for (pids, isOn) in [(downPids, true), (upPids, false)] {
        let rows = try tool.run(["status", "--json"] + pids).rows()
        #expect(rows.map { $0["debug"]?.bool } == [isOn, isOn, isOn])
        #expect(Set(rows.map { $0["evidence"]?.string }) == Set(evidences))
        #expect(rows.allSatisfy { $0["since"]?.isNull == !isOn && $0["expires_at"]?.isNull == !isOn })
      }
      // Whoever was to send them is gone, and nothing is on its way: what the processes show decides, and at once.
      let early = try tool.run(["off", "--json"] + upPids)
      #expect(early.status == 0, "\(early.output)")
      #expect(try early.rows().map { $0["outcome"]?.string } == ["unchanged", "unchanged", "unchanged"])
      let revert = try tool("revert", "--json", "--wait", "30s")
      #expect(revert.status == 0, "\(revert.output)")
      #expect(try revert.rows().count == 3)
      #expect(try tool("revert", "--json").rows() == [])
      for (process, sample) in zip(downs, samples) {
        #expect(process.becomes(verbose: false))
        #expect(process.signals() == ["USR1", sample.signalOff])
      }
      for (process, sample) in zip(ups, samples) {
        #expect(process.signals() == [])
        #expect(try tool("on", "pid:\(process.pid)").status == 0)
        #expect(process.becomes(verbose: true))
        #expect(try tool("off", "pid:\(process.pid)").status == 0)
        #expect(process.becomes(verbose: false))
        #expect(process.signals() == ["USR1", sample.signalOff])
      }
    }

    @Test("killed after the signal: status is true, and revert takes it back", arguments: DialectSample.all)
    func afterSignal(_ sample: DialectSample) throws {
      let process = try StandIn(sample.fixture, as: sample.path, sample.arguments, in: scratch)
      // The first rename is the intent's, the second the outcome's.
      let killed = try tool(killedAt: "rename,renameat,renameat2", 2)("on", sample.service)
      #expect(killed.status == 128 + SIGKILL)
      #expect(process.becomes(verbose: true))
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["debug"]?.bool == true)
      #expect(row["evidence"]?.string == sample.evidence)
      #expect(row["by"]?["user"]?.string == "root")
      #expect(PlainProcess.isTime(row["expires_at"]))
      let revert = try tool("revert", "--json")
      #expect(revert.status == 0)
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", sample.signalOff])
    }

    @Test("killed after the signal that takes a latch back: status knows that it is back, and off agrees")
    func afterReturn() throws {
      let staff = try StandIn("latch-static", as: "staff-api", in: scratch)
      #expect(try tool("on", "staff").status == 0)
      let killed = try tool(killedAt: "rename,renameat,renameat2", 2)("off", "staff")
      #expect(killed.status == 128 + SIGKILL)
      #expect(staff.becomes(verbose: false))
      #expect(eventually { (try? tool("status", "--json").rows().first?["debug"]?.bool) == false })
      #expect(try tool("off", "staff", "--json").rows().first?["outcome"]?.string == "unchanged")
      #expect(try tool("revert", "--json").rows() == [])
      #expect(staff.signals() == ["USR1", "USR2"])
    }
  }
}
