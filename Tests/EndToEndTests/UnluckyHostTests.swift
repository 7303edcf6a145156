import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// What nobody means, and what happens all the same: listeners that do not read, limits, closed and full outputs, and
  /// commands that stand still.
  @Suite("Unlucky hosts") struct UnluckyHosts {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// The program by a shell, which sets up what is unlucky: `"$@"` is the program and its arguments.
    func run(_ script: String, _ arguments: String...) throws -> Tool.Run {
      var tool = tool
      tool.through = ["/bin/sh", "-c", script, "sh"]
      let running = try tool.start(arguments)
      let hasEnded = eventually { !running.child.isRunning }
      try #require(hasEnded, "\(arguments) hang")
      return running.finish()
    }

    func standIns(_ count: Int) throws -> [StandIn] {
      try (0..<count).map { try StandIn("toggle-static", as: "\($0)/rest-api", in: scratch) }
    }

    @Test("a system log that nobody reads holds up nobody, and what it lost is said")
    func unreadLog() throws {
      let log = try SystemLogSocket()
      // More than it takes: net.unix.max_dgram_qlen is 10 unless told otherwise; unix(7).
      let all = try standIns(14)
      let on = try run("exec \"$@\"", "on", "api")
      #expect(on.status == 0)
      #expect(on.errors.contains("system log"), "\(on.errors)")
      for api in all { #expect(api.becomes(verbose: true)) }
      let history = Files.text(scratch("state/history.jsonl")).split(separator: "\n")
      #expect(history.count == all.count)
      #expect(try run("exec \"$@\"", "revert").status == 0)
      for api in all { #expect(api.becomes(verbose: false)) }
      _ = log
    }

    @Test("an agent whose output nobody reads keeps its deadlines, and ends when it is asked to")
    func unreadOutput() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      try Files.write(Array(RunningAgent.unguarded.utf8), to: scratch("config.json"))
      // A pipe that is full from the start.
      try #require(mkfifo(scratch("output"), 0o600) == 0)
      let pipe = open(scratch("output"), O_RDWR | O_NONBLOCK | O_CLOEXEC)
      defer { close(pipe) }
      while write(pipe, [UInt8](repeating: 0, count: 4096), 4096) > 0 {}
      let agent = try Child(
        tool.program, ["agent"],
        environment: [
          "PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory,
          "PLACEOS_LOGLEVEL_CONFIG": scratch("config.json"),
        ], output: scratch("output"))
      #expect(eventually { Files.exists(scratch("state/agent.lock")) })
      #expect(try tool("on", "api", "--for", "1s").status == 0)
      #expect(api.isReverted())
      agent.signal(SIGTERM)
      #expect(eventually { !agent.isRunning })
    }

    @Test("an agent whose service manager does not listen keeps its deadlines")
    func unreadNotifications() throws {
      let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      defer { close(socket) }
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: scratch("notify").utf8) }
      let size = socklen_t(MemoryLayout<sockaddr_un>.size)
      func with(_ call: (UnsafePointer<sockaddr>) -> Int) -> Int {
        withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, call) }
      }
      try #require(with { Int(bind(socket, $0, size)) } == 0)
      let sender = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      defer { close(sender) }
      while with({ sendto(sender, "x", 1, Int32(MSG_DONTWAIT), $0, size) }) == 1 {}

      let agent = try RunningAgent(tool, environment: ["NOTIFY_SOCKET": scratch("notify")])
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--for", "1s").status == 0)
      #expect(api.isReverted())
      agent.child.signal(SIGTERM)
      #expect(eventually { !agent.child.isRunning })
    }

    @Test("with few descriptors many services are switched and taken back, by commands and by the agent")
    func descriptors() throws {
      let all = try standIns(60)
      let few = "ulimit -n 128; exec \"$@\""
      let on = try run(few, "on", "--all", "--json")
      #expect(try on.rows().count { $0["outcome"]?.string == "switched" } == all.count, "\(on.errors)")
      #expect(try run(few, "revert").status == 0)
      for api in all { #expect(api.becomes(verbose: false)) }

      try Files.write(Array(RunningAgent.unguarded.utf8), to: scratch("config.json"))
      let agent = try Child(
        "/bin/sh", ["-c", few, "sh", tool.program, "agent"],
        environment: [
          "PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory,
          "PLACEOS_LOGLEVEL_CONFIG": scratch("config.json"),
        ], output: scratch("agent.log"))
      #expect(eventually { Files.text(scratch("agent.log")).contains("agent started") })
      #expect(try tool("on", "--all", "--for", "2s").status == 0)
      for api in all { #expect(api.isReverted(after: 4), "\(Files.text(scratch("agent.log")))") }
      #expect(agent.isRunning)
    }

    @Test("a command that was stopped while it waits keeps neither commands nor the agent waiting")
    func stoppedCommand() throws {
      let agent = try RunningAgent(tool)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      let slow = try StandIn(
        "toggle-static", as: "rest-api", environment: ["STANDIN_START_DELAY": "3600"], in: scratch,
        awaitsHandler: false)
      #expect(eventually { Kernel.catches(SIGUSR1, slow.pid) })
      let waiting = try tool.start(["on", "api", "--wait", "1h"])
      #expect(eventually { !Files.text(scratch("state/state.json")).isEmpty })
      waiting.child.signal(SIGSTOP)
      #expect(eventually { Kernel.state(of: waiting.child.pid) == "T" })
      let on = try run("exec \"$@\"", "on", "triggers", "--for", "1s")
      #expect(on.status == 0, "\(on.errors)")
      #expect(triggers.isReverted(), "\(agent.log)")
    }

    @Test("closed standard streams are none of its files")
    func closedStreams() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let on = try run("exec \"$@\" <&- >&- 2>&-", "on", "api")
      #expect(on.status == 0)
      #expect(api.becomes(verbose: true))
      #expect(try tool("status", "--json").rows().first?["by"]?["user"]?.string == "root")
      #expect(!Files.text(scratch("state/lock")).contains("api"))
      #expect(try tool("revert").status == 0)
    }

    @Test(
      "a document that cannot be written is an error", arguments: [["status"], ["on", "api"], ["history"]])
    func fullOutput(_ arguments: [String]) throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let running = try Command.start(
        "/bin/sh", ["-c", "exec \"$@\" >/dev/full", "sh", tool.program] + arguments + ["--json"],
        environment: ["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory])
      let run = running.finish()
      #expect(run.status == 3, "\(run.errors)")
      #expect(run.errors.contains("No space left on device"))
      if arguments[0] == "on" { #expect(api.becomes(verbose: true)) }
    }

    @Test("a limit on the size of files ends nothing half-way")
    func fileSize() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      // In blocks of 512 bytes.
      let limited = "ulimit -f 0; exec \"$@\" >/dev/null 2>&1"
      #expect(try run(limited, "on", "api").status == 3)
      #expect(api.signals() == [])
      #expect(try tool("on", "api").status == 0)
      #expect(try run(limited, "off", "api").status == 4)
      #expect(api.becomes(verbose: false))
      #expect(try tool("revert").status <= 1)
      #expect(api.signals() == ["USR1", "USR1"])
    }
  }
}
