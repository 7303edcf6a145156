import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Each gives a clear sentence and the right exit status, sends nothing and loses nothing.
  @Suite("Bad input") struct BadInput {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// A command line, and a piece of the sentence that it is to be answered with.
    struct Wrong: CustomTestStringConvertible, Sendable {
      let arguments: [String]
      let sentence: String
      var testDescription: String { arguments.map { $0.isEmpty ? "''" : $0 }.joined(separator: " ") }

      init(_ arguments: String..., says sentence: String) {
        self.arguments = arguments
        self.sentence = sentence
      }
    }

    /// Who asks for a document gets one, in which the reason is: a program reads nothing else.
    func expectDocument(of command: [String], status: Int32, says sentence: String) throws {
      let run = try tool.run(["\(command[0])", "--json"] + command.dropFirst())
      #expect(run.status == status, "\(command)")
      let document = try run.json()
      #expect(document.keys == ["schema_version", "host", "time", "exit_status", "problems", "error"])
      #expect(document["exit_status"]?.int == Int(status), "\(command)")
      #expect(PlainProcess.isTime(document["time"]) && document["host"]?.string?.isEmpty == false)
      // Where there is more help is for persons.
      let isForPersons = sentence.hasPrefix("See '")
      #expect(isForPersons || document["error"]?.string?.contains(sentence) == true, "\(run.output)")
    }

    /// Runs what is wrong beside a service that is on, of which nothing may change.
    func expect(_ commands: [[String]], status: Int32, says sentence: String) throws {
      let on = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let off = try StandIn("toggle-static", as: "x/rest-api", in: scratch)
      #expect(try tool("on", "pid:\(on.pid)").status == 0)
      let state = try Files.bytes(scratch("state/state.json"))
      let history = try Files.bytes(scratch("state/history.jsonl"))
      for command in commands {
        let run = try tool.run(command)
        #expect(run.status == status, "\(command)")
        #expect(run.errors.contains(sentence), "\(command): \(run.errors)")
        #expect(run.output == "", "\(command)")
        if status > 1 { try expectDocument(of: command, status: status, says: sentence) }
      }
      #expect(on.signals() == ["USR1"] && off.signals() == [])
      #expect(try Files.bytes(scratch("state/state.json")) == state)
      #expect(try Files.bytes(scratch("state/history.jsonl")) == history)
      #expect(try tool("revert").status == 0)
      #expect(on.becomes(verbose: false))
    }

    @Test(
      "a selector that is no selector is an error of use",
      arguments: [
        Wrong("on", "apii", says: "unknown service 'apii'; did you mean api?"),
        Wrong("toggle", "trigers", says: "did you mean triggers?"),
        Wrong("toggle", "api/", says: "See 'placeos-loglevel toggle --help' for more information."),
        Wrong("off", "zzzzzz", says: "Known services: ai-support-agent, api, auth, build, build-api, core"),
        Wrong("status", "rest_api", says: "did you mean rest-api?"),
        Wrong("revert", "apii", says: "did you mean api?"),
        Wrong("on", "all", says: "to select every service write --all"),
        Wrong("off", "ALL", says: "to select every service write --all"),
        Wrong("toggle", "api", "all", says: "to select every service write --all"),
        Wrong("revert", "all", says: "or no selector where --all is no option"),
        Wrong("status", "all", says: "or no selector where --all is no option"),
        Wrong("on", "postgres", says: "unknown service 'postgres'"),
        Wrong("on", "init", says: "unknown service 'init'"),
        Wrong("on", "apo-api-1", says: "No container with a PlaceOS service has that name"),
        Wrong("on", "api", "30m", says: "where a time is meant, write --for 30m"),
        Wrong("revert", "2h", says: "where a time is meant"),
        Wrong("diagnose", "postgress", says: "did you mean backend:postgresql?"),
        Wrong("on", "api\u{1b}[31m", says: #"unknown service 'api\"#),
        Wrong("on", "", says: "an empty selector selects nothing"),
        Wrong("status", "", says: "an empty selector selects nothing"),
        Wrong("revert", "", says: "an empty selector selects nothing"),
        Wrong("on", " api", says: "unknown service"),
        Wrong("on", "api", "", says: "an empty selector selects nothing"),
        Wrong("on", "api/", says: "'api/' names no container"),
        Wrong("on", "/rest-api", says: "unknown service"),
        Wrong("on", "driver/", says: "'driver/' names no"),
        Wrong("on", "pid:0", says: "'pid:0' names no process"),
        Wrong("on", "pid:abc", says: "'pid:abc' names no process"),
        Wrong("on", "pid:-1", says: "'pid:-1' names no process"),
        Wrong("on", "pid:", says: "'pid:' names no process"),
        Wrong("on", "pid:99999999999999999999", says: "names no process"),
        Wrong("on", "pid:٣", says: "names no process"),
      ])
    func selectors(_ wrong: Wrong) throws {
      try expect([wrong.arguments], status: 2, says: wrong.sentence)
    }

    @Test(
      "a time that is no time, or is too long or too short, is an error of use",
      arguments: [
        "0", "0s", "25h", "24h1s", "forever", "-5m", "1m1h", "1h1h", "1.5h", "5", "m", "", "1 h", "2d",
        "30min",
      ])
    func durations(_ duration: String) throws {
      try expect(
        [
          ["on", "api", "--for=\(duration)"], ["toggle", "api", "--for=\(duration)"],
          ["on", "api", "--for", duration],
        ], status: 2, says: "--for")
    }

    @Test("the longest time is taken")
    func longest() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--for", "24h").status == 0)
      #expect(try tool("on", "api", "--for", "1h30m").status == 0)
      #expect(api.signals() == ["USR1"])
    }

    @Test(
      "options that exclude each other, that are missing or unknown are errors of use",
      arguments: [
        Wrong("on", "api", "--for", "1h", "--permanent", says: "--for and --permanent exclude each other"),
        Wrong("toggle", "api", "--permanent", "--for", "1h", says: "--for and --permanent exclude"),
        Wrong("on", "api", "--all", says: "beside it only 'driver' can be named"),
        Wrong("toggle", "--all", "api/rest-api", says: "beside it only 'driver' can be named"),
        Wrong("off", "--all", "pid:4", says: "beside it only 'driver' can be named"),
        Wrong("off", "--all", "", says: "an empty selector selects nothing"),
        Wrong("on", says: "Name a SELECTOR"),
        Wrong("toggle", says: "Name a SELECTOR"),
        Wrong("off", says: "Name a SELECTOR"),
        Wrong("on", "api", "--wrong", says: "--wrong"),
        Wrong("status", "--for", "1h", says: "--for"),
        Wrong("revert", "--permanent", says: "--permanent"),
        Wrong("revert", "--all", says: "--all"),
        Wrong("revert", "--older-than", "soon", says: "--older-than"),
        Wrong("on", "api", "--wait", "soon", says: "--wait"),
        Wrong("on", "api", "--reason", says: "--reason"),
        Wrong("on", "api", "--for", says: "--for"),
        Wrong("on", "api", "--state-dir", "", says: "--state-dir"),
        Wrong("on", "api", "--state-dir", says: "--state-dir"),
        Wrong("on", "api", "--for", "30min", says: "a time is a number followed by d, h, m, s or ms"),
        Wrong("on", "api", "--for", "2d", says: "--for takes 24h at most"),
        Wrong("enable", "api", says: "unknown command 'enable'; did you mean on?"),
        Wrong("logs", says: "unknown command 'logs'; did you mean follow?"),
        Wrong("ps", says: "unknown command 'ps'; did you mean status?"),
        Wrong("version", says: "unknown command 'version'; did you mean --version?"),
        Wrong("status", "of", says: "unknown service 'of'"),
        Wrong("history", "-n", "0", says: "-n takes a number above 0"),
        Wrong("reverse", says: "unknown command 'reverse'; did you mean revert?"),
        Wrong("on", "--all", "--trust-name", says: "--trust-name cannot be used with --all"),
        Wrong("services", "api", says: "api"),
      ])
    func options(_ wrong: Wrong) throws {
      try expect([wrong.arguments], status: 2, says: wrong.sentence)
    }

    @Test(
      "a selector that fits nothing is named, and nothing is done",
      arguments: ["api/nowhere", "core", "driver/x*"])
    func noMatch(_ selector: String) throws {
      try expect([["on", selector]], status: 1, says: "nothing matches \(selector)")
    }

    @Test("pid 1 is not a PlaceOS service")
    func pidOne() throws {
      try expect(
        [["on", "pid:1"], ["off", "pid:1"], ["toggle", "pid:1"], ["on", "pid:1", "--trust-name"]], status: 1,
        says: "process 1 is not a PlaceOS service")
    }

    @Test("the pid of something else gets nothing")
    func otherPid() throws {
      let other = try Child("/bin/sleep", ["600"])
      let word = "pid:\(other.pid)"
      try expect(
        [["on", word], ["off", word], ["toggle", word], ["toggle", word, "--trust-name"]], status: 1,
        says: "process \(other.pid) is not a PlaceOS service")
      #expect(other.isRunning)
    }

    @Test("a pid that does not exist selects nothing")
    func noPid() throws {
      try expect([["on", "pid:4194304"]], status: 1, says: "there is no process 4194304")
      try expect([["revert", "pid:4194304"]], status: 1, says: "matches pid:4194304")
    }

    @Test("where no PlaceOS runs, it is said, with status 1")
    func nothingRuns() throws {
      for arguments in [["status"], [], ["on", "--all"], ["toggle", "--all", "--json"], ["off", "--all"]] {
        let run = try tool.run(arguments)
        #expect(run.status == 1, "\(arguments)")
        #expect(run.errors.contains("no PlaceOS process"), "\(run.errors)")
      }
      #expect(try tool("status", "--json").rows() == [])
      let revert = try tool("revert")
      #expect(revert.status == 0)
      #expect(revert.output == "Nothing to take back.\n")
    }
  }
}
