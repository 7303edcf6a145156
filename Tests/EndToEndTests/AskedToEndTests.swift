import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("A command that is asked to end on its way") struct AskedToEnd {
    let scratch = Scratch()

    /// A signal that ends programs, and how a shell has it.
    struct Ending: CustomTestStringConvertible, Sendable {
      let name: String
      let number: Int32
      var testDescription: String { name }
      static let all = [
        Ending(name: "HUP", number: SIGHUP), Ending(name: "INT", number: SIGINT),
        Ending(name: "TERM", number: SIGTERM),
      ]
    }

    /// The program under strace(1), which sends it a signal when it makes a system call for the nth time.
    func tool(_ ending: Ending, at call: String, _ occurrence: Int) -> Tool {
      var tool = Tool(scratch)
      tool.through = [
        "/usr/bin/strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=\(call)",
        "-e", "inject=\(call):signal=\(ending.name):when=\(occurrence)",
      ]
      return tool
    }

    func standIn(_ path: String, _ environment: [String: String] = [:], awaitsHandler: Bool = true) throws
      -> StandIn
    {
      try StandIn(
        "toggle-static", as: path, environment: environment, in: scratch, awaitsHandler: awaitsHandler)
    }

    @Test(
      "between two signals: the first is finished and recorded, the second not sent", arguments: Ending.all)
    func betweenSignals(_ ending: Ending) throws {
      let first = try standIn("rest-api")
      let second = try standIn("triggers")
      let run = try tool(ending, at: "pidfd_send_signal", 1)("on", "api", "triggers", "--json")
      #expect(run.status == 128 + ending.number, "\(run.errors)")
      #expect(run.errors.contains("SIG\(ending.name): 1 got a signal, which is recorded; 1 did not"))
      #expect(try run.rows().map { $0["outcome"]?.string } == ["switched", "failed"])
      #expect(try run.json()["exit_status"]?.int == Int(128 + ending.number))
      #expect(first.isVerbose() == true && first.signals() == ["USR1"])
      #expect(second.isVerbose() == false && second.signals() == [])
      let tool = Tool(scratch)
      #expect(!Files.text(scratch("state/state.json")).contains("intended"))
      #expect(try tool("status", "--json").rows().map { $0["debug"]?.bool } == [true, false])
      let revert = try tool("revert", "--json")
      #expect(revert.status == 0)
      #expect(try revert.rows().count == 1)
      #expect(first.becomes(verbose: false))
    }

    @Test("while a switch is to be confirmed: what was sent is recorded as sent", arguments: Ending.all)
    func whileConfirming(_ ending: Ending) throws {
      let process = try standIn("rest-api", ["STANDIN_START_DELAY": "1.5"])
      let run = try tool(ending, at: "clock_nanosleep", 3)("on", "api", "--wait", "1m", "--json")
      #expect(run.status == 128 + ending.number, "\(run.errors)")
      #expect(run.errors.contains("SIG\(ending.name): 1 got a signal, which is recorded; 0 did not"))
      #expect(try run.rows().map { $0["outcome"]?.string } == ["unconfirmed"])
      #expect(Files.text(scratch("state/state.json")).contains("\"sent\""))
      #expect(process.becomes(verbose: true))
      #expect(try Tool(scratch)("revert", "--wait", "1m").status == 0)
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", "USR1"])
    }

    @Test("before anything was sent: it says so, and nothing is recorded", arguments: Ending.all)
    func beforeSignals(_ ending: Ending) throws {
      let process = try standIn("rest-api", ["STANDIN_HANDLER_DELAY": "2"], awaitsHandler: false)
      let run = try tool(ending, at: "clock_nanosleep", 3)("on", "api", "--wait", "1m", "--json")
      #expect(run.status == 128 + ending.number, "\(run.errors)")
      #expect(run.errors.contains("ended by SIG\(ending.name) before anything was sent"))
      let document = try run.json()
      #expect(document["exit_status"]?.int == Int(128 + ending.number))
      #expect(document["error"]?.string?.contains("before anything was sent") == true)
      #expect(!Files.exists(scratch("state/state.json")))
      #expect(eventually { process.isReady })
      #expect(process.signals() == [])
    }

    @Test("while another command has the lock: it does not wait on")
    func whileLocked() throws {
      let process = try standIn("rest-api")
      #expect(try Tool(scratch)("off", "api").status == 0)
      let holder = try Command.start(
        "/usr/bin/flock", [scratch("state/lock"), "sh", "-c", ": >\"$0\"; exec sleep 600", scratch("held")])
      #expect(eventually { Files.exists(scratch("held")) })
      let interrupted = tool(Ending.all[1], at: "clock_nanosleep", 2)
      let run = try interrupted("on", "api")
      #expect(run.status == 128 + SIGINT, "\(run.errors)")
      #expect(run.errors.contains("ended by SIGINT before anything was sent"))
      #expect(process.signals() == [])
      withExtendedLifetime(holder) {}
    }

    @Test("a hang-up that the caller had ignored is ignored")
    func ignoredHangUp() throws {
      let process = try standIn("rest-api")
      var tool = tool(Ending.all[0], at: "pidfd_send_signal", 1)
      tool.through = ["/bin/sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""] + tool.through
      #expect(try tool("on", "api").status == 0)
      #expect(process.isVerbose() == true)
    }

    @Test("stopped with Ctrl-Z after its signal, it keeps nobody from taking that back")
    func stoppedAfterSignal() throws {
      let api = try standIn("rest-api")
      let stopping = tool(Ending(name: "STOP", number: SIGSTOP), at: "pidfd_send_signal", 1)
      let on = try stopping.start(["on", "api", "--for", "1h", "--wait", "300ms"])
      #expect(api.becomes(verbose: true))
      var program: Int32?
      #expect(
        eventually {
          program = Kernel.children(of: on.child.pid).first {
            Kernel.state(of: $0).map("tT".contains) == true
          }
          return program != nil
        })
      let stopped = try #require(program)

      let tool = Tool(scratch)
      #expect(try tool("off", "api", "--wait", "20s").status == 0)
      #expect(api.becomes(verbose: false))
      #expect(kill(stopped, SIGCONT) == 0)
      // It saw nothing of its signal, and says so; what was recorded since stays.
      #expect(on.finish().status == 4)
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(try tool("status", "--json").rows().first?["debug"]?.bool == false)
      #expect(try tool("revert", "--json").rows() == [])
    }
  }
}
