import Glibc
import Testing

extension EndToEnd {
  /// What the administrator says in the file of the configuration: a service of their own is switched as PlaceOS's
  /// are, and a file that is broken keeps nothing on.
  @Suite("The configuration") struct ConfigurationInForce {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }
    /// A path of the test machine, for an addition names an absolute one.
    static let booking = "/opt/acme/booking"

    /// Runs the program with the configuration `text`.
    func run(_ arguments: String..., config text: String, mode: UInt16 = 0o644) throws -> Tool.Run {
      let file = scratch("config.json")
      try Files.write(Array(text.utf8), to: file)
      chmod(file, mode_t(mode))
      return try tool.run(arguments, environment: ["PLACEOS_LOGLEVEL_CONFIG": file])
    }

    static func addition(_ dialect: String = "toggle", _ executable: String = booking) -> String {
      "// ours\n{services: [{name: 'booking', executables: ['\(executable)'], dialect: '\(dialect)'}]}"
    }
    static let broken =
      "{\n  services: [{name: 'booking', executables: ['\(booking)'],\n    dialect: 'toggel'}]}"

    struct Sample: CustomTestStringConvertible, Sendable {
      let dialect: String
      let evidence: String
      let off: String
      var testDescription: String { dialect }

      static let all = [
        Sample(dialect: "toggle", evidence: "log", off: "USR1"),
        Sample(dialect: "latch", evidence: "signals", off: "USR2"),
        Sample(dialect: "driver", evidence: "log", off: "USR1"),
      ]
    }

    @Test(
      "a stripped program is switched and reverted where the configuration vouches for it",
      arguments: Sample.all)
    func addition(_ sample: Sample) throws {
      let process = try StandIn("\(sample.dialect)-stripped", as: Self.booking, ["-p", "3000"], in: scratch)
      // Its lines tell the second: those of the first one could be an earlier process's.
      if sample.evidence == "log" { usleep(1_100_000) }
      let config = Self.addition(sample.dialect)
      #expect(try tool("status", "--json").rows().isEmpty)
      #expect(try tool("on", "booking").status == 2)

      let row = try #require(try run("status", "--json", config: config).rows().first)
      #expect(row["service"]?.string == "booking")
      #expect(row["pid"]?.int == Int(process.pid))
      #expect(row["proof"]?.string == "configuration")
      #expect(row["dialect"]?.string == sample.dialect)
      #expect(row["switchable"]?.bool == true)

      let on = try run("on", "booking", "--json", config: config)
      #expect(on.status == 0, "\(on.output)\(on.errors)")
      #expect(try on.rows().map { $0["evidence"]?.string } == [sample.evidence])
      #expect(process.becomes(verbose: true))
      #expect(
        try run("status", "booking", "--json", config: config).rows().first?["level"]?.string == "trace")
      let revert = try run("revert", "--json", config: config)
      #expect(revert.status == 0, "\(revert.output)")
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", sample.off])
    }

    @Test("a program of the same base name elsewhere gets nothing, whatever is asked")
    func namesake() throws {
      let process = try StandIn("toggle-stripped", as: "elsewhere/booking", in: scratch)
      let config = Self.addition()
      #expect(try run("status", "--json", config: config).rows().isEmpty)
      for arguments in [["booking"], ["booking", "--trust-name"], ["pid:\(process.pid)"], ["--all"]] {
        for verb in ["on", "toggle", "off"] {
          try Files.write(Array(config.utf8), to: scratch("config.json"))
          let run = try tool.run([verb, "--config", scratch("config.json")] + arguments)
          #expect(run.status == 1, "\(verb) \(arguments): \(run.output)")
        }
      }
      #expect(process.signals() == [])
      #expect(process.isVerbose() == false)
    }

    @Test(
      "handlers that do not fit the dialect are refused",
      arguments: [("latch", "toggle"), ("toggle", "latch"), ("none", "toggle"), ("toggle", "driver")])
    func misfit(_ fixture: String, _ dialect: String) throws {
      let awaits = fixture != "none"
      let process = try StandIn(
        "\(fixture)-stripped", as: Self.booking, in: scratch, awaitsHandler: awaits)
      let run = try run("on", "booking", "--wait", "100ms", "--json", config: Self.addition(dialect))
      #expect(run.status == 4)
      #expect(try run.rows().allSatisfy { ["refused", "failed"].contains($0["outcome"]?.string ?? "") })
      #expect(process.signals() == [])
      #expect(process.child.isRunning)
    }

    @Test("an own build of a known service is that service")
    func ownBuild() throws {
      let process = try StandIn("toggle-stripped", as: "/opt/acme/rest-api", in: scratch)
      let config = "{services: [{name: 'api', executables: ['/opt/acme/rest-api']}]}"
      #expect(try tool("on", "api").status == 4)
      #expect(try run("on", "api", config: config).status == 0)
      #expect(process.becomes(verbose: true))
      #expect(try run("off", "rest-api", config: config).status == 0)
      #expect(process.becomes(verbose: false))
      let services = try run("services", "--json", config: config).json()["services"]?.array ?? []
      let api = services.first { $0["name"]?.string == "api" }
      #expect(api?["added"]?.array?.first?["executables"]?.array?.first?.string == "/opt/acme/rest-api")
      #expect(try run("services", config: config).output.contains("/opt/acme/rest-api"))
    }

    @Test("a broken file stops what would switch on, and nothing that takes back")
    func broken() throws {
      let process = try StandIn("toggle-stripped", as: Self.booking, in: scratch)
      let place =
        "\(scratch("config.json")):3: services[0].dialect: expected \"toggle\", \"latch\" or \"driver\""

      for verb in [["off", "booking"], ["revert"], ["revert", "booking"], ["off", "--all"]] {
        #expect(try run("on", "booking", config: Self.addition()).status == 0)
        #expect(process.becomes(verbose: true))
        let signals = process.signals().count
        for verb in ["on", "toggle"] {
          let run = try run(verb, "booking", config: Self.broken)
          #expect(run.status == 3)
          #expect(run.errors.contains(place), "\(run.errors)")
          #expect(run.output.isEmpty)
        }
        #expect(process.signals().count == signals)

        let status = try run("status", "--json", config: Self.broken)
        #expect(status.status == 0)
        #expect(status.errors.contains(place))
        let row = try #require(try status.rows().first)
        #expect(row["service"]?.string == "booking")
        #expect(row["debug"]?.bool == true)
        #expect(try status.json()["problems"]?.array?.first?.string == place)

        let file = scratch("config.json")
        let back = try tool.run(verb, environment: ["PLACEOS_LOGLEVEL_CONFIG": file])
        #expect(back.status == 0, "\(verb): \(back.output)\(back.errors)")
        #expect(back.errors.contains(place))
        #expect(process.becomes(verbose: false))
        #expect(process.signals().count == signals + 1)
      }
      // A cron job's owner is not written to each minute.
      #expect(try run("revert", "--expired", "--quiet", config: Self.broken).errors.isEmpty)
      // What was taken back is known still, and gets nothing more.
      #expect(try run("off", "booking", config: Self.broken).status == 0)
      // A name that only the file may know is an error of use, and why it may be one is said.
      let other = try run("off", "printing", config: Self.broken)
      #expect(other.status == 2)
      #expect(other.errors.contains(place))
      #expect(process.signals().count == 8)
    }

    @Test("an addition that was taken out of the file while it was on is taken back all the same")
    func withdrawn() throws {
      let process = try StandIn("latch-stripped", as: Self.booking, in: scratch)
      #expect(try run("on", "booking", config: Self.addition("latch")).status == 0)
      #expect(process.becomes(verbose: true))
      #expect(try run("on", "booking", config: "{}").status == 2)
      #expect(try run("revert", config: "{}").status == 0)
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", "USR2"])
    }

    @Test("default and longest --for are the file's")
    func durations() throws {
      let process = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let config = "{default_for: '10m', longest_for: '2h'}"
      let on = try run("on", "api", config: config)
      #expect(on.output.contains("in 10m"), "\(on.output)")
      let long = try run("on", "api", "--for", "3h", config: config)
      #expect(long.status == 2)
      #expect(long.errors.contains("--for takes 2h at most"))
      #expect(try run("on", "api", "--for", "2h", config: config).status == 0)
      #expect(try run("on", "api", "--for", "25h", config: "{longest_for: '48h'}").status == 0)
      #expect(process.signals() == ["USR1"])
    }

    @Test("config --check says what is in force, or line, key and what was expected")
    func check() throws {
      let good = try run("config", "--check", config: Self.addition())
      #expect(good.status == 0)
      #expect(good.output.contains("/opt/acme/booking") && good.output.contains("\"default_for\" : \"1h\""))
      let bad = try run("config", "--check", config: Self.broken)
      #expect(bad.status == 3)
      #expect(bad.output.isEmpty)
      #expect(
        bad.errors
          == "\(scratch("config.json")):3: services[0].dialect: expected \"toggle\", \"latch\" or \"driver\"\n"
      )
      let json = try run("config", "--check", "--json", config: Self.broken)
      #expect(json.status == 3)
      #expect(try json.json()["problem", "line"]?.int == 3)
      #expect(try json.json()["problem", "key"]?.string == "services[0].dialect")
      #expect(try json.json()["configuration"]?.isNull == true)
      let shown = try run("config", config: "{guard: {free_percent: 5}}")
      #expect(shown.status == 0)
      // It is shown as the file would have it.
      let again = try run("config", "--json", config: shown.output)
      #expect(try again.json()["configuration", "guard", "free_percent"]?.int == 5)
    }

    @Test("without a file the standard values hold; one that was named must be there")
    func missing() throws {
      #expect(!Files.exists("/etc/placeos-loglevel/config.json"))
      let run = try tool("config", "--json")
      #expect(run.status == 0)
      #expect(try run.json()["exists"]?.bool == false)
      #expect(try run.json()["configuration", "longest_for"]?.string == "24h")
      let named = try tool("config", "--config", scratch("no-such"))
      #expect(named.status == 3)
      #expect(named.errors.contains("No such file"))
      #expect(try tool("on", "api", "--config", scratch("no-such")).status == 3)
    }

    @Test("the file in its usual place is read")
    func usualPlace() throws {
      let file = "/etc/placeos-loglevel/config.json"
      Files.make(folderOf: file)
      defer { unlink(file) }
      try Files.write(Array("{longest_for: '3h'}".utf8), to: file)
      #expect(try tool("config", "--json").json()["configuration", "longest_for"]?.string == "3h")
    }

    @Test("a file that others may write, or own, or a link is refused")
    func unsafe() throws {
      let process = try StandIn("toggle-static", as: "rest-api", in: scratch)
      for mode in [0o666, 0o664] as [UInt16] {
        let run = try run("on", "api", config: "{}", mode: mode)
        #expect(run.status == 3)
        #expect(run.errors.contains("others may write it"))
      }
      let file = scratch("config.json")
      chmod(file, 0o644)
      #expect(symlink(file, scratch("link")) == 0)
      #expect(try tool("on", "api", "--config", scratch("link")).errors.contains("not a regular file"))
      chown(file, 10001, 10001)
      #expect(try tool("on", "api", "--config", file).errors.contains("it belongs to user 10001"))
      #expect(process.signals() == [])
    }
  }
}
