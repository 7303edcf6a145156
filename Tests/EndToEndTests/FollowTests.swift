import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("follow and run") struct FollowTests {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    private func follow(_ words: [String], output: String) throws -> Child {
      try Child(
        TestMachine.program, ["follow"] + words,
        environment: ["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory], output: output)
    }

    @Test(
      "shows the trace lines, and each signal ends it: quiet again", arguments: [SIGINT, SIGTERM, SIGHUP])
    func ended(by signal: Int32) throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let other = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "pid:\(other.pid)").status == 0)
      let child = try follow(["pid:\(api.pid)", "pid:\(other.pid)"], output: scratch("out"))
      #expect(
        eventually {
          let text = Files.text(scratch("out"))
          return text.contains("default log level changed to Trace") && text.contains("TRACE")
        })
      #expect(api.isVerbose() == true)
      child.signal(signal)
      #expect(child.exitStatus == 128 + signal)
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(other.signals() == ["USR1"] && other.isVerbose() == true)
      #expect(try tool("off", "pid:\(other.pid)").status == 0)
    }

    @Test("ends with its time, and keeps what is hidden in the file of --save")
    func saved() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try tool(
        "follow", "pid:\(api.pid)", "--for", "2s", "--level", "error", "--json", "--save", scratch("saved"))
      #expect(run.status == 0)
      #expect(run.output == "")
      #expect(run.errors.contains("lines hidden by --level"))
      #expect(Files.text(scratch("saved")).contains("default log level changed to Trace"))
      #expect(api.becomes(verbose: false))
      let again = try tool("follow", "pid:\(api.pid)", "--for", "2s", "--save", scratch("saved"))
      #expect(again.status == 3)
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test("a reader that goes away ends it: quiet again")
    func closedPipe() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let shell = try Child(
        "/bin/sh", ["-c", "\"$0\" follow pid:\(api.pid) | head -n 1", TestMachine.program],
        environment: ["PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory], output: scratch("out"))
      #expect(shell.exitStatus == 0)
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test("where nothing is there it says so, and in JSON as one document")
    func nothing() throws {
      let all = try tool("follow", "--all")
      #expect(all.status == 1 && all.output == "")
      #expect(all.errors.contains("no PlaceOS process runs on this host"), "\(all.errors)")
      for words in [["api"], ["--all"]] {
        let run = try tool.run(["follow", "--json"] + words)
        #expect(run.status == 1)
        let document = try run.json()
        #expect(document["exit_status"]?.int == 1)
        #expect(document["error"]?.string?.isEmpty == false && document["host"]?.string != nil)
      }
    }

    @Test("run has the status of its command, and takes back what it switched on")
    func run() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let words = ["run", "pid:\(api.pid)", "--save", scratch("saved"), "--"]
      let check = "while ! grep -q true \"$0\"; do :; done; exit 7"
      let run = try tool.run(words + ["/bin/sh", "-c", check, "\(api.truthFile).\(api.pid)"])
      #expect(run.status == 7, "\(run.errors)")
      // It keeps the deadline itself.
      #expect(run.errors.contains("if this is killed, nothing will take it back"), "\(run.errors)")
      #expect(!run.errors.contains("no deadline will be kept"))
      #expect(api.becomes(verbose: false))
      #expect(Files.text(scratch("saved")).contains("default log level changed to Trace"))
      #expect(try tool.run(["run", "pid:\(api.pid)", "--", scratch("nothing")]).status == 127)
      #expect(try tool.run(["run", "pid:\(api.pid)", "--", "/"]).status == 126)
      #expect(try tool.run(["run", "pid:\(getpid())", "--", "/bin/touch", scratch("ran")]).status == 1)
      #expect(!Files.exists(scratch("ran")))
      #expect(api.becomes(verbose: false))
      #expect(api.signals().count == 6)
    }
  }
}
