import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("What others did, and processes of an unusual kind") struct Outside {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test(
      "a bare signal's debug mode is shown as not ours, left by revert and turned off by off",
      arguments: DialectSample.all)
    func bareSignal(_ sample: DialectSample) throws {
      let process = try StandIn(sample.fixture, as: sample.path, sample.arguments, in: scratch)
      process.child.signal(SIGUSR1)
      #expect(process.becomes(verbose: true))
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["debug"]?.bool == true)
      for key in ["since", "expires_at", "by", "reason"] { #expect(row[key]?.isNull == true, "\(key)") }
      #expect(try tool("status").output.contains("outside this"))
      let revert = try tool("revert", "--json")
      #expect(revert.status == 0)
      #expect(try revert.rows() == [])
      #expect(try tool("revert", "--older-than", "0s").status == 0)
      let on = try tool("on", sample.service, "--json")
      #expect(on.status == 0)
      #expect(try on.rows().first?["outcome"]?.string == "unchanged")
      #expect(try on.rows().first?["message"]?.string?.contains("outside this tool") == true)
      #expect(try tool("revert").status == 0)
      #expect(process.signals() == ["USR1"])
      #expect(try tool("off", sample.service).status == 0)
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", sample.signalOff])
    }

    @Test("what somebody else has switched back gets no signal from revert, and its entry is over")
    func switchedBack() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      api.child.signal(SIGUSR1)
      #expect(api.becomes(verbose: false))
      let run = try tool("revert", "--json")
      #expect(run.status == 0)
      #expect(try run.rows().first?["outcome"]?.string == "unchanged")
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(try tool("revert", "--json").rows() == [])
    }

    @Test("an edge without a handler is listed with its reason, refused, and stays alive")
    func oldEdge() throws {
      let edge = try StandIn("none-static", as: "/edge", in: scratch)
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["service"]?.string == "edge")
      #expect(row["dialect"]?.string == "none")
      #expect(row["switchable"]?.bool == false)
      #expect(row["why_not"]?.string?.contains("no SIGUSR1 handler") == true)
      #expect(try tool("status").output.contains("no SIGUSR1 handler"))
      for arguments in [["toggle", "edge"], ["on", "edge"], ["on", "pid:\(edge.pid)"]] {
        let run = try tool.run(arguments + ["--wait", "50ms", "--json"])
        #expect(run.status == 4, "\(arguments)")
        let result = try #require(try run.rows().first)
        // Young as it is, its handler might still come.
        #expect(["refused", "failed"].contains(result["outcome"]?.string))
        #expect(result["message"]?.string?.contains("no SIGUSR1 handler") == true)
      }
      #expect(edge.child.isRunning)
    }

    @Test("a stopped process is refused, and no signal is left pending")
    func stopped() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      api.child.signal(SIGSTOP)
      #expect(eventually { Kernel.state(of: api.pid) == "T" })
      let run = try tool("on", "api", "--json")
      #expect(run.status == 4)
      #expect(try run.rows().first?["outcome"]?.string == "refused")
      #expect(try run.rows().first?["message"]?.string?.contains("stopped") == true)
      #expect(try tool("status").output.contains("stopped"))
      // It can be switched, though not now: that is not as asked, under --all neither.
      #expect(try tool("on", "--all").status == 4)
      #expect(try tool("off", "--all").status == 0)
      #expect(!Kernel.isPending(SIGUSR1, to: api.pid))
      api.child.signal(SIGCONT)
      #expect(api.signals() == [])
      #expect(try tool("on", "api").status == 0)
      #expect(api.becomes(verbose: true))
    }

    @Test("none is added to a signal that is pending already")
    func pending() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      api.child.signal(SIGSTOP)
      #expect(eventually { Kernel.state(of: api.pid) == "T" })
      api.child.signal(SIGUSR1)
      #expect(eventually { Kernel.isPending(SIGUSR1, to: api.pid) })
      let run = try tool("on", "api", "--wait", "100ms", "--json")
      #expect(run.status == 4)
      #expect(try run.rows().first?["message"]?.string?.contains("pending") == true)
      #expect(try tool("status", "--json").rows().first?["signal_pending"]?.bool == true)
      api.child.signal(SIGCONT)
      #expect(api.becomes(verbose: true))
      #expect(api.signals() == ["USR1"])
      #expect(try tool("on", "api", "--json").rows().first?["outcome"]?.string == "unchanged")
    }

    @Test("a service in a chroot is known by its path there")
    func chroot() throws {
      let core = try StandIn("toggle-static", as: "bin/core", in: scratch, root: "jail")
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["service"]?.string == "core")
      #expect(row["executable"]?.string == "/bin/core")
      #expect(try tool("on", "core").status == 0)
      #expect(core.becomes(verbose: true))
      #expect(try tool("revert").status == 0)
      #expect(core.becomes(verbose: false))
      #expect(core.signals() == ["USR1", "USR1"])
    }

    @Test("a service whose executable was deleted can be switched", arguments: DialectSample.all)
    func deleted(_ sample: DialectSample) throws {
      let process = try StandIn(sample.fixture, as: sample.path, sample.arguments, in: scratch)
      #expect(unlink(process.executable) == 0)
      let run = try tool("on", sample.service, "--json")
      #expect(run.status == 0)
      #expect(try run.rows().first?["evidence"]?.string == sample.evidence)
      #expect(process.becomes(verbose: true))
      #expect(try tool("revert").status == 0)
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", sample.signalOff])
    }

    @Test("a service whose executable was replaced by another is still read by its own")
    func replaced() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      // As a package manager does it: a new file under the old name.
      let other = try scratch.copy(of: TestMachine.fixture("latch-static"), as: "new")
      #expect(rename(other, api.executable) == 0)
      let run = try tool("on", "api", "--json")
      #expect(run.status == 0)
      #expect(try run.rows().first?["evidence"]?.string == "memory")
      #expect(api.becomes(verbose: true))
      let newer = try StandIn("latch-static", as: "rest-api", in: scratch)
      let rows = try tool("status", "--json").rows()
      #expect(Set(rows.map { $0["dialect"]?.string }) == ["toggle", "latch"])
      #expect(try tool("toggle", "api").status == 0)
      #expect(newer.becomes(verbose: true))
      #expect(api.signals() == ["USR1"] && newer.signals() == ["USR1"])
    }

    @Test("a service whose executable was deleted is the service still, though the file has another name")
    func deletedName() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(link(api.executable, scratch("kept")) == 0)
      unlink(api.executable)
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["executable"]?.string == api.executable)
      #expect(try tool("on", "api").status == 0)
      #expect(api.becomes(verbose: true))
      // What is really called so is no service of that name.
      let other = try StandIn("toggle-static", as: "rest-api (deleted)", in: scratch)
      #expect(try tool("status", "--json").rows().map { $0["pid"]?.int } == [Int(api.pid)])
      #expect(try tool("revert").status == 0)
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(other.signals() == [])
    }

    @Test("what only its name says to be PlaceOS's is refused, and switched where the name is trusted")
    func trustedName() throws {
      let api = try StandIn("toggle-stripped", as: "rest-api", in: scratch)
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["service"]?.string == "api")
      #expect(row["switchable"]?.bool == false)
      for arguments in [["on", "api"], ["toggle", "api"], ["on", "pid:\(api.pid)"]] {
        let run = try tool.run(arguments)
        #expect(run.status == 4, "\(arguments)")
        #expect(run.output.contains("--trust-name") && run.output.contains("refused"))
      }
      #expect(try tool("on", "--all").status == 0)
      #expect(try tool("on", "api", "--trust-name", "--strict").status == 4)
      #expect(api.signals() == [])
      // Without symbols nothing but its log can confirm it.
      let on = try tool("on", "api", "--trust-name", "--json")
      #expect(on.status == 0, "\(on.output)")
      #expect(try on.rows().map { $0["evidence"]?.string } == ["log"])
      #expect(api.becomes(verbose: true))
      #expect(try tool("status", "--json").rows().first?["debug"]?.bool == true)
      // What it has switched on it takes back, without being told again to trust the name.
      #expect(try tool("revert").status == 0)
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test("the program's own level before the switch is named where going back does not end at it")
    func ownLevel() throws {
      let api = try StandIn(
        "toggle-static", as: "rest-api", environment: ["LOG_LEVEL": "warn"], in: scratch)
      #expect(try tool("status", "--json").rows().first?["level"]?.string == "warn")
      let on = try tool("on", "api", "--json")
      let message = try #require(try on.rows().first?["message"]?.string)
      #expect(message.contains("warn") && message.contains("info"), "\(message)")
      #expect(try tool("off", "api").status == 0)
      #expect(try tool("status", "--json").rows().first?["level"]?.string == "info")
      #expect(api.signals() == ["USR1", "USR1"])
    }
  }
}

/// What the kernel says of a process, for the tests' own look at it.
enum Kernel {
  /// The letter of proc_pid_stat(5); `nil` where there is no such process.
  static func state(of pid: Int32) -> Character? {
    Files.text("/proc/\(pid)/stat").split(separator: ")").last?.first { $0 != " " }
  }

  /// Whether a signal is sent to the process and not delivered: `SigPnd` and `ShdPnd` of proc_pid_status(5).
  static func isPending(_ signal: Int32, to pid: Int32) -> Bool {
    isIn(["SigPnd:", "ShdPnd:"], signal, pid)
  }

  /// Whether the process has a handler for a signal: `SigCgt`.
  static func catches(_ signal: Int32, _ pid: Int32) -> Bool { isIn(["SigCgt:"], signal, pid) }

  private static func isIn(_ masks: [String], _ signal: Int32, _ pid: Int32) -> Bool {
    Files.text("/proc/\(pid)/status").split(separator: "\n").contains { line in
      guard masks.contains(where: line.hasPrefix) else { return false }
      let mask = UInt64(line.split(whereSeparator: \.isWhitespace).last ?? "", radix: 16) ?? 0
      return mask >> UInt64(signal - 1) & 1 == 1
    }
  }
}
