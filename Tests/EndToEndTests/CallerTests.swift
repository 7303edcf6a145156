import Glibc
import Testing

extension EndToEnd {
  /// What whoever calls the program has set up around it changes nothing of what it does.
  @Suite("Callers of every kind") struct Callers {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    static let environments: [[String: String]] = [
      ["PATH": "/nowhere"], ["PATH": ""],
      ["PATH": ".:/tmp", "IFS": "/", "ENV": "/nowhere", "BASH_ENV": "/nowhere"],
      ["LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"],
      ["LC_ALL": "xx_YY.nonsense"], ["LC_ALL": "C", "LC_NUMERIC": "de_DE.UTF-8"], ["LC_ALL": "../../../tmp"],
      ["TZ": "Pacific/Apia"], ["TZ": ":/dev/zero"], ["TZ": "\u{1b}[31m"],
      [
        "HOME": "/nowhere", "USER": "nobody", "LOGNAME": "nobody", "XDG_RUNTIME_DIR": "/nowhere",
        "TMPDIR": "/nowhere",
      ],
      ["COLUMNS": "1", "LINES": "1"], ["COLUMNS": "-5"], ["COLUMNS": "99999999999999999999"],
      ["NO_COLOR": "1"], ["TERM": "xterm-256color", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"],
      ["POSIXLY_CORRECT": "1", "LIBPROC_HIDE_KERNEL": "1", "PROCPS_USERLEN": "-1", "PROCPS_FROMLEN": "0"],
      // What Swift's runtime library reads.
      ["SWIFT_BACKTRACE": "enable=yes,interactive=yes,swift-backtrace=/bin/true", "SWIFT_ROOT": "/nowhere"],
      [
        "SWIFT_BACKTRACE": "nonsense", "SWIFT_DEBUG_HELP": "YES", "SWIFT_DETERMINISTIC_HASHING": "1",
        "SWIFT_DEBUG_ENABLE_MALLOC_SCRIBBLE": "YES",
        "SWIFT_IS_CURRENT_EXECUTOR_LEGACY_MODE_OVERRIDE": "legacy",
      ],
      // What the C library reads.
      ["MALLOC_ARENA_MAX": "1", "MALLOC_PERTURB_": "165", "GLIBC_TUNABLES": "glibc.malloc.check=3"],
      ["A": String(repeating: "x", count: 100_000), "": "no name"],
    ]

    /// All that it does with a service, by the service's own word.
    func expectWhole(_ tool: Tool, environment: [String: String] = [:], arguments: [String] = []) throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let staff = try StandIn("latch-static", as: "staff-api", in: scratch)
      let usual = try self.tool("status").output
      #expect(try tool.run(["status"] + arguments, environment: environment).output == usual)
      let on = try tool.run(
        ["on", "api", "staff", "--reason", "InI", "--json"] + arguments, environment: environment)
      #expect(on.status == 0, "\(environment): \(on.errors)")
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched", "switched"])
      #expect(try on.rows().map { $0["evidence"]?.string } == ["memory", "signals"])
      #expect(try on.rows().allSatisfy { PlainProcess.isTime($0["expires_at"]) })
      #expect(api.becomes(verbose: true) && staff.becomes(verbose: true))
      let status = try tool.run(["status", "--json"] + arguments, environment: environment)
      #expect(
        try status.rows().map { $0["debug"]?.bool } == [true, true], "\(environment): \(status.errors)")
      #expect(try status.rows().map { $0["reason"]?.string } == ["InI", "InI"])
      #expect(try status.rows().map { $0["by"]?["user"]?.string } == ["root", "root"])
      let revert = try tool.run(["revert"] + arguments, environment: environment)
      #expect(revert.status == 0, "\(environment): \(revert.errors)")
      #expect(api.becomes(verbose: false) && staff.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"] && staff.signals() == ["USR1", "USR2"])
      let history = try tool.run(["history", "--json"] + arguments, environment: environment)
      #expect(try history.json()["entries"]?.array?.count == 4)
    }

    @Test("an environment changes nothing that it does", arguments: environments)
    func environment(_ environment: [String: String]) throws {
      try expectWhole(tool, environment: environment)
    }

    @Test("no environment at all is enough")
    func noEnvironment() throws {
      var tool = tool
      tool.through = ["/usr/bin/env", "-i"]
      try expectWhole(tool, arguments: ["--state-dir", scratch("state")])
    }

    @Test(
      "without a terminal, a working directory, or signals of its own it does the same",
      arguments: [
        // No controlling terminal, and no standard input.
        "exec setsid --wait \"$@\" <&-",
        "exec setsid --wait \"$@\" </dev/full",
        // A working directory that is gone.
        "mkdir \"$GONE\" && cd \"$GONE\" && rmdir \"$GONE\" && exec \"$@\"",
        // As nohup(1) and careless daemons leave them.
        "exec env --ignore-signal --block-signal \"$@\"",
        "umask 777; exec \"$@\"",
        "ulimit -n 24; exec \"$@\"",
        "exec -a '' \"$@\"",
        "exec -a /rest-api \"$@\"",
      ])
    func surroundings(_ script: String) throws {
      var tool = tool
      tool.through = ["/bin/bash", "-c", script, "bash"]
      try expectWhole(tool, environment: ["GONE": scratch("gone")])
    }

    @Test("sudo without a terminal works, and says who was behind it")
    func sudo() throws {
      var tool = tool
      tool.through = ["/usr/bin/setsid", "--wait", "/usr/bin/sudo", "-n"]
      try expectWhole(tool, arguments: ["--state-dir", scratch("state")])
      let entries = try tool("history", "--json", "--state-dir", scratch("state")).json()["entries"]?.array
      #expect(entries?.allSatisfy { $0["by"]?["sudo_user"]?.string == "root" } == true)
    }

    @Test("a reader that goes away in the middle is no crash, and the work is whole")
    func readerLeaves() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      // More than a pipe holds.
      let line = try Files.bytes(scratch("state/history.jsonl"))
      try Files.write(
        Array(repeatElement(line, count: 1000).joined()), to: scratch("state/history.jsonl"), mode: 0o600)
      var tool = tool
      tool.through = ["/bin/bash", "-c", "\"$@\" | head -c 10; exit ${PIPESTATUS[0]}", "bash"]
      for arguments in [["history"], ["history", "--json"], ["toggle", "api"], ["status"]] {
        #expect(try tool.run(arguments).status == 0, "\(arguments)")
      }
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(try self.tool("history", "--json").json()["entries"]?.array?.count == 1001)
    }
  }
}
