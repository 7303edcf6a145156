import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("Options and output") struct Usage {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("without a subcommand it is status")
    func defaultSubcommand() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try tool()
      #expect(run.status == 0)
      #expect(run.output.contains("api") && run.output.contains("\(api.pid)"))
      #expect(try tool("--json").rows().count == 1)
      #expect(try tool("api", "--json").rows().count == 1)
      #expect(api.signals() == [])
    }

    @Test("status sends nothing and makes no state directory")
    func statusOnly() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      for arguments in [["status"], ["status", "--json"], ["status", "api", "pid:\(api.pid)"]] {
        #expect(try tool.run(arguments).status == 0)
      }
      #expect(!Files.exists(scratch("state")))
      #expect(api.signals() == [])
    }

    @Test("--dry-run tells the plan, sends nothing and records nothing")
    func dryRun() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      for verb in ["on", "toggle"] {
        let run = try tool(verb, "api", "--dry-run")
        #expect(run.status == 0)
        #expect(run.output.contains("would switch") && run.output.contains("off -> on"))
        let json = try tool(verb, "api", "--dry-run", "--json")
        #expect(try json.json()["dry_run"]?.bool == true)
        #expect(try json.rows().first?["before"]?.bool == false)
        #expect(try json.rows().first?["outcome"]?.string == "would_switch")
      }
      #expect(try tool("off", "api", "--dry-run").status == 0)
      #expect(try tool("revert", "--dry-run").status == 0)
      #expect(!Files.exists(scratch("state")))
      #expect(api.signals() == [])

      #expect(try tool("on", "api").status == 0)
      let files = ["state.json", "lock", "history.jsonl", "revert.json"].map { scratch("state/" + $0) }
      let before = files.map { try? Files.bytes($0) }
      let plans = [
        ["off", "api"], ["toggle", "api"], ["revert"], ["revert", "--expired"], ["on", "api", "--for", "2h"],
      ]
      for arguments in plans {
        #expect(try tool.run(arguments + ["--dry-run"]).status == 0)
      }
      #expect(try tool("revert", "--dry-run", "--json").rows().count == 1)
      #expect(files.map { try? Files.bytes($0) } == before)
      #expect(api.signals() == ["USR1"])
      #expect(api.isVerbose() == true)
    }

    @Test("--dry-run of what is refused says so, with the same status")
    func dryRunRefused() throws {
      let edge = try StandIn("none-static", as: "/edge", in: scratch)
      let run = try tool("on", "edge", "--dry-run", "--wait", "50ms")
      #expect(run.status == 4)
      #expect(run.output.contains("no SIGUSR1 handler"))
      #expect(edge.child.isRunning)
    }

    @Test(
      "--if-present: where nothing matches all is as asked, and what matches is done",
      arguments: ["on", "off", "toggle", "revert"])
    func ifPresent(_ verb: String) throws {
      #expect(try tool(verb, "core", "--json").json()["exit_status"]?.int == 1)
      let nothing = try tool(verb, "core", "--if-present", "--json")
      #expect(nothing.status == 0)
      #expect(try nothing.json()["exit_status"]?.int == 0 && nothing.rows() == [])
      #expect(try tool(verb, "coer", "--if-present").status == 2)
      let edge = try StandIn("none-static", as: "/edge", in: scratch)
      let refused = try tool(verb, "edge", "core", "--if-present", "--wait", "50ms")
      if verb == "on" || verb == "toggle" { #expect(refused.status == 4, "\(refused.output)") }
      #expect(edge.child.isRunning)
    }

    @Test("every document says where, when and how it ended")
    func frame() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let commands = [
        ["status"], ["on", "api", "--dry-run"], ["revert"], ["history"], ["services"], ["config"],
      ]
      for command in commands {
        let run = try tool.run(command + ["--json"])
        let document = try run.json()
        #expect(document["schema_version"]?.int == 1 && document["problems"]?.array == [], "\(command)")
        #expect(document["exit_status"]?.int == Int(run.status) && PlainProcess.isTime(document["time"]))
        #expect(document["host"]?.string?.isEmpty == false, "\(command)")
      }
      #expect(api.signals() == [])
    }

    @Test("--quiet prints nothing on success, and says what failed")
    func quiet() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let successes = [
        ["on", "api"], ["on", "api"], ["toggle", "api"], ["revert"], ["on", "api"], ["revert", "--expired"],
        ["off", "api"],
      ]
      for arguments in successes {
        let run = try tool.run(arguments + ["--quiet"])
        #expect(run.status == 0)
        #expect(run.output == "", "\(arguments): \(run.output)")
        // What nobody will take back is said all the same.
        let isKept = run.errors == "" || run.errors.contains("no deadline will be kept")
        #expect(isKept && (arguments[0] == "on" || run.errors == ""), "\(arguments): \(run.errors)")
      }
      #expect(try tool("on", "api", "--quiet", "--json").output == "")
      api.child.signal(SIGSTOP)
      #expect(eventually { Kernel.state(of: api.pid) == "T" })
      let failed = try tool("off", "api", "--quiet")
      #expect(failed.status == 4)
      #expect(failed.output == "" && failed.errors.contains("stopped"))
      let nothing = try tool("on", "core", "--quiet")
      #expect(nothing.status == 1 && nothing.errors.contains("nothing matches core"))
      api.child.signal(SIGCONT)
      #expect(api.signals().count == 5)
    }

    @Test("reason and SUDO_USER are kept, and each signal is one line of the history")
    func history() throws {
      let staff = try StandIn("latch-static", as: "staff-api", in: scratch)
      let sudo = ["SUDO_USER": "jane"]
      let on = try tool("on", "staff", "--reason", "INC-42: slow", "--for", "30m", environment: sudo)
      #expect(on.status == 0)
      #expect(try tool("on", "staff", "--for", "2h", "--reason", "again").status == 0)
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["by"]?["user"]?.string == "root")
      #expect(row["by"]?["sudo_user"]?.string == "jane")
      #expect(row["reason"]?.string == "INC-42: slow")
      #expect(try tool("revert", "--reason", "done").status == 0)
      let lines = Files.text(scratch("state/history.jsonl")).split(separator: "\n")
      #expect(lines.count == 3)

      let document = try tool("history", "--json").json()
      #expect(document["schema_version"]?.int == 1)
      let entries = try #require(document["entries"]?.array)
      #expect(entries.map { $0["command"]?.string } == ["on", "on", "revert"])
      #expect(entries.map { $0["signal"]?.string } == ["USR1", nil, "USR2"])
      #expect(entries.map { $0["outcome"]?.string } == ["switched", "deadline_moved", "switched"])
      #expect(entries.map { $0["debug"]?.bool } == [true, true, false])
      #expect(entries.map { $0["reason"]?.string } == ["INC-42: slow", "again", "done"])
      #expect(entries.map { $0["by"]?["sudo_user"]?.string } == ["jane", nil, nil])
      #expect(entries.allSatisfy { $0["pid"]?.int == Int(staff.pid) && $0["keeper"]?.isNull == true })
      #expect(entries.allSatisfy { PlainProcess.isTime($0["time"]) })
      let text = try tool("history")
      #expect(text.status == 0)
      let lines2 = text.output.split(separator: "\n")
      #expect(lines2.count == 4 && lines2[1].contains("by jane: INC-42: slow"), "\(text.output)")
      #expect(lines2[3].contains("by root: done"), "\(text.output)")
      #expect(staff.signals() == ["USR1", "USR2"])
    }

    @Test("history is of what is selected, of some time, and so many")
    func selectedHistory() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      for words in [["on", "api"], ["on", "triggers"], ["off", "api"]] {
        #expect(try tool.run(words).status == 0)
      }
      func services(_ words: String...) throws -> [String?] {
        let run = try tool.run(["history", "--json"] + words)
        #expect(run.status == 0)
        return try run.json()["entries"]?.array?.map { $0["service"]?.string } ?? []
      }
      #expect(try services() == ["api", "triggers", "api"])
      #expect(try services("api") == ["api", "api"])
      #expect(try services("pid:\(triggers.pid)", "--since", "1d") == ["triggers"])
      #expect(try services("-n", "2") == ["triggers", "api"])
      #expect(try services("--since", "1h", "-n", "1", "triggers") == ["triggers"])
      let none = try tool("history", "core")
      #expect(none.status == 1 && none.output.contains("No matching switch"))
      #expect(try tool("history", "-n", "1").output.split(separator: "\n").count == 2)
      #expect(try tool("off", "triggers").status == 0)
      #expect(api.becomes(verbose: false) && triggers.becomes(verbose: false))
    }

    @Test("it says which keeper took something back")
    func keeper() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--for", "1ms").status == 0)
      let cron = ["PLACEOS_LOGLEVEL_RUN_BY": "cron"]
      #expect(try tool("revert", "--expired", "--quiet", environment: cron).status == 0)
      let entries = try tool("history", "--json").json()["entries"]?.array
      #expect(entries?.map { $0["keeper"]?.string } == [nil, "cron"])
      #expect(try tool("history").output.contains("by cron"))
      #expect(api.becomes(verbose: false))
    }

    @Test("status names the line that follows what is on, and only that")
    func followLine() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try !tool("status").output.contains("placeos-loglevel follow"))
      #expect(try tool("on", "api").output.hasSuffix("\n  placeos-loglevel follow pid:\(api.pid)\n"))
      #expect(try tool("status").output.hasSuffix("\n  placeos-loglevel follow pid:\(api.pid)\n"))
      #expect(try tool("off", "api").status == 0)
      #expect(triggers.signals() == [])
    }

    @Test("follow's help says what its --json is")
    func followHelp() throws {
      #expect(try tool("follow", "--help").output.contains("one JSON object a line"))
      #expect(try tool("status", "--help").output.contains("one JSON document"))
    }

    @Test("options that stand before the command are said to be out of place")
    func optionsFirst() throws {
      let run = try tool("--json", "on", "api")
      #expect(run.status == 2)
      #expect(run.errors.contains("placeos-loglevel on --json api"), "\(run.errors)")
    }

    @Test("a history without entries is no error")
    func emptyHistory() throws {
      #expect(try tool("history").status == 0)
      #expect(try tool("history", "--json").json()["entries"]?.array == [])
    }

    @Test("control characters are escaped wherever they come from")
    func escaped() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let evil = "\u{1b}]0;x\u{07}\n\u{1b}[2J\u{9b}31m"
      let runs = [
        try tool("on", "api", "--reason", evil, environment: ["SUDO_USER": evil]), try tool("status"),
        try tool("history"), try tool("on", evil), try tool("on", "api/" + evil), try tool("on", "api", evil),
        try tool("revert", "api/" + evil),
      ]
      for run in runs {
        let controls = (run.output + run.errors).unicodeScalars.filter {
          $0 != "\n" && ($0.value < 0x20 || (0x7f...0x9f).contains($0.value))
        }
        #expect(controls.isEmpty, "\(run.output.debugDescription) \(run.errors.debugDescription)")
      }
      #expect(Files.text(scratch("state/history.jsonl")).split(separator: "\n").count == 1)
      #expect(api.signals() == ["USR1"])
    }

    @Test(
      "--help of every subcommand has an example",
      arguments: ["status", "toggle", "on", "off", "revert", "history", "services"])
    func help(_ subcommand: String) throws {
      for arguments in [[subcommand, "--help"], ["help", subcommand]] {
        let run = try tool.run(arguments)
        #expect(run.status == 0)
        #expect(run.errors == "")
        #expect(run.output.contains("xample") && run.output.contains("placeos-loglevel \(subcommand)"))
      }
    }

    @Test("--version and --help go to standard output")
    func version() throws {
      let version = try tool("--version")
      #expect(version.status == 0)
      #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
      let help = try tool("--help")
      #expect(help.status == 0 && help.output.contains("xample"))
    }

    @Test("services shows the catalogue, with all aliases")
    func services() throws {
      let run = try tool("services")
      #expect(run.status == 0)
      // In a pipe a row is a line, so that grep finds it whole.
      #expect(run.output.split(separator: "\n").count == 15)
      let document = try tool("services", "--json").json()
      #expect(document["schema_version"]?.int == 1)
      let names = document["services"]?.array?.compactMap { $0["name"]?.string } ?? []
      #expect(
        Set(names) == [
          "ai-support-agent", "api", "auth", "build", "build-api", "core", "dispatch", "driver", "edge",
          "frontends", "search-ingest",
          "source", "staff", "triggers",
        ])
      for word in ["rest-api", "staff-api", "frontend-loader", "rubber-soul", "mqtt", "placeos-auth"] {
        #expect(run.output.contains(word), "\(word)")
      }
    }

    @Test("another user than root switches its own processes, and is told about the others'")
    func notRoot() throws {
      let cell = LevelCell(build: .static, dialect: .toggle, hasWorkers: false)
      let own = try RefusedRead.OtherUsers(cell, in: scratch)
      let others = try StandIn("toggle-static", as: "triggers", in: scratch)
      var tool = tool
      // The build folder may be closed to others.
      tool.program = try scratch.copy(of: tool.program, as: "placeos-loglevel")
      tool.through = ["/usr/bin/setpriv", "--reuid=10001", "--regid=10001", "--clear-groups"]
      let runtime = scratch.folder("runtime")
      #expect(chown(runtime, 10001, 10001) == 0 && chmod(runtime, 0o700) == 0)
      // Where nobody says otherwise, its state is in its own runtime directory, and its history beside it.
      tool.stateDirectory = ""
      let places = ["XDG_RUNTIME_DIR": runtime]
      let on = try tool("on", "api", "--for", "10m", environment: places)
      #expect(on.status == 0, "\(on.errors)")
      #expect(on.output.contains("confirmed by memory"))
      // Nothing keeps its deadline but a crontab of its own.
      #expect(
        on.errors.contains("crontab -") && on.errors.contains("--state-dir \(runtime)/placeos-loglevel"))
      #expect(eventually { own.isVerbose == true })
      #expect(Files.exists(runtime + "/placeos-loglevel/history.jsonl"))
      let status = try tool("status", "--json", environment: places).rows()
      #expect(status.map { $0["evidence"]?.string } == ["memory", "assumed"])

      let refused = try tool("on", "triggers", "--for", "10m", environment: places)
      #expect(refused.status == 4)
      #expect(refused.errors.contains("user 10001 may look at its own processes"), "\(refused.errors)")
      #expect(refused.errors.contains("sudo \(tool.program) on triggers --for 10m"))
      #expect(others.signals() == [])
      #expect(try tool("revert", environment: places).status == 0)
      #expect(eventually { own.isVerbose == false })
      #expect(try tool("history", environment: places).output.contains("by 10001"))

      // Without a place for the state nothing is done, and it is said what to name.
      let nowhere = try tool("on", "api", environment: ["XDG_RUNTIME_DIR": scratch("missing")])
      #expect(nowhere.status == 3)
      #expect(nowhere.errors.contains("--state-dir"))
      #expect(own.isVerbose == false)
    }

    @Test(
      "a reader that is gone, or a closed stream, does not keep the work from being done",
      arguments: [
        // The pipe's only reader is closed before the program starts.
        "mkfifo \"$PIPE\"; exec 3<>\"$PIPE\" 4>\"$PIPE\" 3<&-; exec \"$@\" >&4",
        "mkfifo \"$PIPE\"; exec 3<>\"$PIPE\" 4>\"$PIPE\" 3<&-; exec \"$@\" >&4 2>&4",
        "exec \"$@\" >&-", "exec \"$@\" 2>&-", "exec \"$@\" <&- >&- 2>&-",
        "exec \"$@\" >/dev/full 2>/dev/full",
      ])
    func closedOutput(_ script: String) throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("latch-static", as: "triggers", in: scratch)
      var tool = tool
      tool.through = ["/bin/sh", "-c", script, "sh"]
      for (number, arguments) in [["on", "--all"], ["status"], ["toggle", "--all", "--json"]].enumerated() {
        let run = try tool.run(arguments, environment: ["PIPE": scratch("pipe\(number)")])
        // Of a disk that is full it is said that the document is lost.
        #expect(run.status == (script.contains("/dev/full") ? 3 : 0), "\(arguments): \(run.errors)")
      }
      #expect(api.becomes(verbose: false) && triggers.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"] && triggers.signals() == ["USR1", "USR2"])
      #expect(try self.tool("history", "--json").json()["entries"]?.array?.count == 4)
      #expect(try self.tool("status").status == 0)
    }

    @Test("no colour goes into a file")
    func noColour() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try !tool("on", "api").output.contains("\u{1b}"))
      #expect(try !tool("status").output.contains("\u{1b}"))
      #expect(api.signals() == ["USR1"])
    }

    @Test("on a terminal there is colour, and none with NO_COLOR or TERM=dumb")
    func colour() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      func onTerminal(_ environment: [String: String]) throws -> String {
        try Command.run(
          "/usr/bin/script", ["-qec", "\(tool.program) status", "/dev/null"],
          environment: environment.merging(["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory]) { $1 }
        ).output
      }
      #expect(try onTerminal(["TERM": "xterm"]).contains("\u{1b}["))
      #expect(try !onTerminal(["TERM": "xterm", "NO_COLOR": "1"]).contains("\u{1b}"))
      #expect(try !onTerminal(["TERM": "dumb"]).contains("\u{1b}"))
      #expect(api.signals() == ["USR1"])
    }
  }
}
