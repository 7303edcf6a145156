import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("The agent keeps deadlines") struct AgentDeadlines {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    func history(_ command: String) throws -> [JSON] {
      let entries = try tool("history", "--json").json()["entries"]?.array ?? []
      return entries.filter { $0["command"]?.string == command }
    }

    @Test("it reverts at the deadline, by itself, and nothing before")
    func deadline() throws {
      let agent = try RunningAgent(tool)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "triggers").status == 0)
      let on = try tool("on", "api", "--for", "1s", "--reason", "INC-42")
      #expect(on.status == 0)
      #expect(on.errors == "")
      #expect(on.output.contains("kept by the agent, 100 ms late at most"))
      #expect(api.isReverted())
      #expect(triggers.isVerbose() == true)
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(agent.says(" info reverted ", "pid=\(api.pid)", "service=api", "late_ms="))
      let switched = try history("on")[1]
      let reverted = try #require(try history("revert").first)
      #expect(reverted["outcome"]?.string == "switched")
      // RFC 3339 in UTC has the order of time.
      #expect(try #require(reverted["time"]?.string) >= #require(switched["expires_at"]?.string))
    }

    @Test("a deadline that a command moves is its own at once", arguments: ["--for", "--permanent"])
    func movedDeadline(_ option: String) throws {
      let agent = try RunningAgent(tool)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      if option == "--for" {
        #expect(try tool("on", "api", "--for", "2h").status == 0)
        #expect(try tool("on", "api", "--for", "300ms").status == 0)
        #expect(api.isReverted())
        #expect(agent.says("reverted", "pid=\(api.pid)"))
      } else {
        let other = try StandIn("toggle-static", as: "triggers", in: scratch)
        #expect(try tool("on", "api", "triggers", "--for", "2s").status == 0)
        #expect(try tool("on", "api", "--permanent").status == 0)
        #expect(other.isReverted())
        #expect(api.isVerbose() == true)
        #expect(api.signals() == ["USR1"])
      }
    }

    @Test("status says that the agent keeps deadlines while it lives, and no longer")
    func keeper() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let agent = try RunningAgent(tool)
      #expect(try tool("on", "api").status == 0)
      var status = try tool("status", "--json")
      #expect(status.errors == "")
      #expect(try status.json()["revert_armed"] == .bool(true))
      #expect(try status.json()["reverted_by"]?.string == "agent")
      #expect(try status.json()["reverted_within_ms"]?.int == 100)
      #expect(try tool("status").output.contains("kept by the agent"))
      agent.child.end()
      status = try tool("status", "--json")
      #expect(status.errors.contains("no deadline will be kept"))
      #expect(try status.json()["reverted_by"]?.isNull == true)
      // Whoever looks after deadlines beside it does no harm, and keeps them when it has ended.
      let second = try RunningAgent(tool)
      #expect(try tool("revert", "--expired", environment: ["PLACEOS_LOGLEVEL_RUN_BY": "cron"]).status == 0)
      #expect(try tool("status", "--json").json()["reverted_by"]?.string == "agent")
      second.child.end()
      status = try tool("status", "--json")
      #expect(status.errors == "")
      #expect(try status.json()["reverted_by"]?.string == "cron")
      #expect(try status.json()["reverted_within_ms"]?.int == 60_000)
      #expect(try tool("status").output.contains("kept by cron, a minute late at most"))
      #expect(api.signals() == ["USR1"])
    }

    @Test("a second agent on the state directory says so and ends; after the first it may")
    func second() throws {
      let first = try RunningAgent(tool)
      for _ in 0..<3 {
        let run = try tool("agent")
        #expect(run.status == 3)
        #expect(run.errors.contains("pid \(first.child.pid)"))
      }
      #expect(first.child.isRunning)
      first.child.signal(SIGTERM)
      #expect(first.child.exitStatus == 0)
      #expect(first.log.contains("agent ends"))
      _ = try RunningAgent(tool)
    }

    @Test("a process that ends is dropped from the ledger at once, and that is said")
    func ended() throws {
      let agent = try RunningAgent(tool)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      // Not waited for: what has ended and is a zombie has ended.
      api.child.signal(SIGKILL)
      #expect(agent.says("has ended", "pid=\(api.pid)"))
      #expect(eventually { !Files.text(scratch("state/state.json")).contains("\"pid\"") })
      #expect(try tool("status").errors.contains("has ended") == false)
    }

    @Test("what was due while no agent ran is taken back as soon as one does")
    func late() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--for", "50ms").status == 0)
      #expect(try eventually { try tool("status").output.contains("overdue") })
      let agent = try RunningAgent(tool)
      #expect(api.isReverted(), "\(agent.log)")
      #expect(api.signals().count == 2)
    }

    @Test("killed at any moment: every deadline is kept once it is back, with one signal each")
    func killed() throws {
      let names = ["rest-api", "triggers", "dispatch"]
      let processes = try names.map { try StandIn("toggle-static", as: $0, in: scratch) }
      var generator = SeededNumbers(seed: 5)
      for round in 0..<4 {
        let agent = try RunningAgent(tool)
        #expect(try tool("on", "api", "triggers", "dispatch", "--for", "200ms").status == 0)
        usleep(.random(in: 150_000...260_000, using: &generator))
        agent.child.end()
        let next = try RunningAgent(tool)
        for process in processes {
          #expect(process.isReverted(after: 2 * (round + 1)))
          #expect(process.signals().count == 2 * (round + 1), "round \(round)")
        }
        next.child.end()
      }
      #expect(try tool("revert", "--json").rows() == [])
    }

    @Test("many deadlines at one moment: none is kept early, none twice, and --permanent still counts")
    func crowd() throws {
      let agent = try RunningAgent(tool)
      var services = try (0..<40).map { try StandIn("toggle-static", as: "\($0)/rest-api", in: scratch) }
      for round in 1...3 {
        #expect(try tool("on", "api", "--for", "1500ms").status == 0)
        // At any moment around the deadline: before, during and after what is done ahead.
        usleep(UInt32(1_400_000 + round * 25_000))
        let kept = services.removeFirst()
        let on = try tool("on", "pid:\(kept.pid)", "--permanent", "--json")
        #expect(on.status == 0, "\(on.errors)\(on.output)")
        for service in services { #expect(service.isReverted(after: 2 * round), "\(agent.log)") }
        #expect(kept.isVerbose() == true)
        // If it had just been taken back, it was switched on anew.
        #expect([2 * round - 1, 2 * round + 1].contains(kept.signals().count))
        kept.child.end()
      }
      var expires: [Int: String] = [:]
      for entry in try tool("history", "--json").json()["entries"]?.array ?? [] {
        let pid = entry["pid"]?.int ?? 0
        if entry["command"]?.string == "revert" {
          #expect(try #require(entry["time"]?.string) >= #require(expires[pid]), "pid \(pid)")
        }
        expires[pid] = entry["expires_at"]?.string ?? expires[pid]
      }
    }

    @Test("a process that cannot be reverted keeps nobody waiting, is said once, and is tried again")
    func stopped() throws {
      let agent = try RunningAgent(tool)
      let stuck = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let other = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "api", "triggers", "--for", "500ms").status == 0)
      stuck.child.signal(SIGSTOP)
      #expect(other.isReverted())
      #expect(agent.says("not reverted", "pid=\(stuck.pid)", "stopped"))
      // Tried again several times by now.
      usleep(1_500_000)
      let lines = agent.log.split(separator: "\n").filter { $0.contains("not reverted") }
      #expect(lines.count == 1, "\(agent.log)")
      stuck.child.signal(SIGCONT)
      #expect(stuck.isReverted())
      #expect(stuck.signals().count == 2)
    }

    @Test("with nothing in debug mode it does not wake")
    func idle() throws {
      let agent = try RunningAgent(tool)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--for", "100ms").status == 0)
      #expect(api.isReverted() && agent.says("reverted"))
      func wakeups() -> Substring? {
        Files.text("/proc/\(agent.child.pid)/status").split(separator: "\n")
          .first { $0.hasPrefix("voluntary_ctxt_switches") }
      }
      // It sleeps before it is asked for the first time.
      #expect(eventually { Kernel.state(of: agent.child.pid) == "S" })
      usleep(200_000)
      let before = wakeups()
      usleep(2_000_000)
      #expect(before != nil && wakeups() == before)
    }

    @Test("it tells its service manager, and the journal gets priorities")
    func manager() throws {
      let socket = try NotifySocket(scratch("notify"))
      let file = scratch("journal")
      try Files.write([], to: file)
      var status = stat()
      try #require(stat(file, &status) == 0)
      let agent = try RunningAgent(
        tool,
        environment: [
          "NOTIFY_SOCKET": scratch("notify"), "WATCHDOG_USEC": "400000",
          "JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)",
        ], logFile: file)
      #expect(socket.receives("READY=1"))
      #expect(socket.receives("STATUS=0 in debug mode"))
      #expect(socket.receives("WATCHDOG=1"))
      agent.child.signal(SIGTERM)
      #expect(agent.child.exitStatus == 0)
      #expect(socket.receives("STOPPING=1"))
      #expect(agent.log.split(separator: "\n").allSatisfy { $0.hasPrefix("<5>") })
    }
  }
}

/// A service manager's socket, sd_notify(3).
private final class NotifySocket {
  private let descriptor: Int32
  private var heard: [String] = []

  struct NotMade: Error { let code: Int32 }

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0 else { throw NotMade(code: errno) }
  }

  deinit { close(descriptor) }

  /// Waits until a datagram begins so.
  func receives(_ beginning: String) -> Bool {
    eventually {
      var buffer = [UInt8](repeating: 0, count: 1000)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { break }
        heard.append(String(decoding: buffer[..<count], as: UTF8.self))
      }
      return heard.contains { $0.hasPrefix(beginning) }
    }
  }
}
