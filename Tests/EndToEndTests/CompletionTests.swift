import Glibc
import TestSupport
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

    private let asUser = ["/usr/bin/setpriv", "--reuid=10001", "--regid=10001", "--clear-groups"]

    @Test("without root's rights is of what is in sight, and of all names of services")
    func unprivileged() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let driver = try StandIn("driver-static", as: DialectSample.driverPath, ["-p"], in: scratch)
      mkdir(scratch("state"), 0o700)
      chmod(scratch.path, 0o755)
      // Whether there is a state, or one that is not the user's to read.
      for state in [scratch("state"), "/nowhere/state"] {
        var tool = Tool(scratch)
        tool.through = asUser
        tool.stateDirectory = state
        let run = try tool(
          "---completion", "on", "--", "positional@0", "2", "0", "placeos-loglevel", "on", "")
        #expect(run.status == 0 && run.errors == "", "\(run.errors)")
        let offered = words(run)
        #expect(offered.contains("api") && offered.contains("triggers"), "\(offered)")
        #expect(Set(offered).count == offered.count)
        #expect(offered.contains("driver/place_meet"), "\(state): \(offered)")
      }
      #expect(api.signals() == [] && driver.signals() == [])
    }

    @Test(
      "as it is installed, it calls a program that is not in the user's PATH, and is silent where there is none"
    )
    func installed() throws {
      var installation: Installation? = try Installation()
      let share = "/usr/local/share/"
      let files = [
        "bash": "bash-completion/completions/placeos-loglevel", "zsh": "zsh/site-functions/_placeos-loglevel",
        "fish": "fish/vendor_completions.d/placeos-loglevel.fish",
      ].mapValues { share + $0 }
      let scripts = try files.mapValues { try Files.bytes($0) }
      func complete(_ shell: String) throws -> Tool.Run {
        let file = scratch("installed.\(shell)")
        try Files.write(scripts[shell] ?? [], to: file)
        let program =
          switch shell {
          case "bash":
            """
            . "$0"; COMP_WORDS=(placeos-loglevel on tr) COMP_CWORD=2 COMP_LINE='placeos-loglevel on tr' COMP_POINT=22
            COMPREPLY=(); _placeos-loglevel placeos-loglevel tr on; printf '%s\\n' "${COMPREPLY[@]}"
            """
          // What zsh's own widgets would set; the function that asks the program is the script's.
          case "zsh":
            """
            compdef() { :; }; _arguments() { :; }; source $0
            _describe() { print -l -- $non_empty_completions; }
            command_name=placeos-loglevel command_line=(placeos-loglevel on tr)
            __placeos-loglevel_custom_complete ---completion on -- positional@0 2 2
            """
          default:
            """
            source $argv[1]; function __placeos-loglevel_tokens; printf '%s\\n' placeos-loglevel on tr; end
            __placeos-loglevel_custom_completion ---completion on -- positional@0 2 2
            """
          }
        return try Command.run(
          asUser[0],
          asUser.dropFirst() + [
            "/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "HOME=" + scratch.path, "SAP_SHELL=" + shell,
          ]
            + ["/usr/bin/" + shell, "-c", program, file])
      }
      chmod(scratch.path, 0o777)
      for shell in ["bash", "zsh", "fish"] {
        let run = try complete(shell)
        #expect(words(run).contains("triggers") && run.errors == "", "\(shell): \(run.output)\(run.errors)")
      }
      installation = nil
      #expect(!Files.exists(Installation.program))
      for shell in ["bash", "zsh", "fish"] {
        let run = try complete(shell)
        #expect(!run.output.contains("triggers") && run.errors == "", "\(shell): \(run.output)\(run.errors)")
      }
      _ = installation
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
      // What is on the line is not offered again, and nothing twice.
      #expect(
        try words(bash("on", "api", "")).filter { !$0.hasPrefix("-") } == ["driver", "driver/place_meet"])
      let all = try words(bash("on", "-"))
      #expect(Set(all).count == all.count && all.contains("--for"))
      // bash takes the colon for the end of a word.
      let pids = ["\(api.pid)", "\(driver.pid)"].sorted()
      #expect(try words(bash("on", "pid", ":", "")).sorted() == pids)
      #expect(try words(bash("on", "backend", ":", "re")) == ["redis", "rethinkdb"])
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
