import Glibc
import Testing

extension EndToEnd {
  @Suite("Completion in shells") struct CompletionTests {
    let scratch = Scratch()

    /// What a shell's script asks the program for, and the words that it is given.
    private func ask(_ through: [String] = [], environment: [String: String] = [:]) throws -> Tool.Run {
      var tool = Tool(scratch)
      tool.through = through
      return try tool(
        "---completion", "on", "--", "positional@0", "2", "0", "placeos-loglevel", "on", "",
        environment: environment)
    }

    private func words(_ run: Tool.Run) -> [String] { run.output.split(separator: "\n").map(String.init) }

    @Test("is of what is there now: services, drivers, and nothing of what is not PlaceOS's")
    func present() throws {
      #expect(try words(ask()) == [])
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let driver = try StandIn("driver-static", as: DialectSample.driverPath, ["-p"], in: scratch)
      let run = try ask()
      #expect(run.status == 0)
      #expect(run.errors == "")
      #expect(words(run) == ["api", "driver", "driver/place_meet"])
      #expect(api.signals() == [] && driver.signals() == [])
      // Nothing is made for it.
      #expect(!Files.exists(scratch("state")))
    }

    @Test("names containers, each once", .needsDocker)
    func containers() throws {
      let docker = Docker()
      let first = try docker.start(.api, name: "rest-api")
      let second = try docker.start(.api, name: "rest-api-2")
      #expect(try words(ask()) == ["api", "api/rest-api", "api/rest-api-2"])
      #expect(first.signals.isEmpty && second.signals.isEmpty)
    }

    @Test("is of names alone without root's rights, and says nothing where it can tell nothing")
    func unprivileged() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try ask(["/usr/bin/setpriv", "--reuid=10001", "--regid=10001", "--clear-groups"])
      #expect(run.status == 0)
      #expect(run.errors == "")
      #expect(words(run).contains("api") && words(run).contains("triggers"))
      #expect(!words(run).contains { $0.contains("/") })
      #expect(api.signals() == [])
    }

    @Test("a damaged state is no word to a shell")
    func damaged() throws {
      mkdir(scratch("state"), 0o700)
      try Files.write(Array("no state".utf8), to: scratch("state/state.json"), mode: 0o600)
      let run = try ask()
      #expect(run.status == 0)
      #expect(run.errors == "")
      #expect(words(run).contains("api"))
    }

    /// What bash offers at the end of a line, as after the Tab key.
    private func bash(_ line: String...) throws -> Tool.Run {
      let script = scratch("completion.bash")
      let source = try Tool(scratch)("--generate-completion-script", "bash").output
      try Files.write(Array(source.utf8), to: script)
      let program = """
        . "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
        COMP_POINT=${#COMP_LINE}
        _placeos-loglevel "$1" "${!#}" "${@: -2:1}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      return try Command.run(
        "/bin/bash", ["--norc", "-ic", program, "bash", script, TestMachine.program] + line,
        environment: ["PLACEOS_LOGLEVEL_STATE_DIR": scratch("state")])
    }

    @Test("bash offers it in its place, and the options in theirs")
    func inBash() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let driver = try StandIn("driver-static", as: DialectSample.driverPath, ["-p"], in: scratch)
      #expect(
        try words(bash("on", "")).filter { !$0.hasPrefix("-") } == ["api", "driver", "driver/place_meet"])
      #expect(try words(bash("on", "ap")) == ["api"])
      #expect(try words(bash("toggle", "api", "driver/")) == ["driver/place_meet"])
      #expect(try words(bash("revert", "--exp")) == ["--expired"])
      #expect(try words(bash("tog")) == ["toggle"])
      #expect(api.signals() == [] && driver.signals() == [])
    }

    @Test("bash runs nothing that somebody has put into a name")
    func hostile() throws {
      let made = scratch("made")
      // A name has no slash: the shell would put one in.
      let name = "/app/bin/drivers/drivers_$(cd ..;touch made)`touch made`_c54390a"
      let driver = try StandIn("driver-static", as: name, ["-p"], in: scratch)
      #expect(try Tool(scratch)("status", "--json").rows().count == 1)
      #expect(try words(bash("on", "dr")) == ["driver"])
      #expect(try !words(bash("on", "")).contains { $0.contains("touch") })
      #expect(!Files.exists(made))
      let found = try Command.run(
        "/usr/bin/find", [scratch.path, TestMachine.checkout, "-maxdepth", "1", "-name", "made"])
      #expect(found.output == "")
      #expect(driver.signals() == [])
    }

    @Test("zsh and fish can read theirs", arguments: ["zsh", "fish"])
    func otherShells(_ shell: String) throws {
      let source = try Tool(scratch)("--generate-completion-script", shell).output
      let script = scratch("completion.\(shell)")
      try Files.write(Array(source.utf8), to: script)
      let run = try Command.run("/usr/bin/" + shell, ["-n", script])
      #expect(run.status == 0)
      #expect(run.errors == "")
      #expect(source.contains("---completion"))
    }
  }
}
