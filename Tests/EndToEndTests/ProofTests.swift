import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// A name proves nothing: a program that traps SIGUSR1 for its own ends must not be hit, whatever it is
  /// called.
  @Suite("Proof of identity") struct ProofOfIdentity {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// A program that is not PlaceOS's, under a name that is.
    final class Namesake {
      let child: Child
      let executable: String
      private let signalFile: String
      private let isOutsideScratch: Bool

      struct NotReady: Error { let log: String }

      /// - Parameter path: in the scratch folder; with a leading slash, in the test machine.
      init(_ path: String, _ arguments: [String], in scratch: Scratch) throws {
        isOutsideScratch = path.hasPrefix("/")
        executable = isOutsideScratch ? path : scratch(path)
        if isOutsideScratch {
          try Files.copy(TestMachine.fixture("decoy"), to: path)
        } else {
          _ = try scratch.copy(of: TestMachine.fixture("decoy"), as: path)
        }
        signalFile = scratch("namesake.signals")
        let log = scratch("namesake.log")
        child = try Child(executable, arguments, environment: ["DECOY_SIGNAL_FILE": signalFile], output: log)
        let isReady = eventually { Files.text(log).contains("ready") }
        guard isReady else { throw NotReady(log: Files.text(log)) }
      }

      deinit {
        child.end()
        if isOutsideScratch { unlink(executable) }
      }

      /// The numbers of the signals that it has had.
      var signals: [Int32] {
        usleep(20_000)
        return Files.text(signalFile).split(separator: "\n").compactMap { line in
          line.split(separator: " ").dropFirst().first.flatMap { Int32($0) }
        }
      }
    }

    struct Name: CustomTestStringConvertible, Sendable {
      let path: String
      let arguments: [String]
      let service: String
      var testDescription: String { path }

      static let all = [
        Name(path: "rest-api", arguments: ["-b", "0.0.0.0", "-p", "3000"], service: "api"),
        Name(path: "triggers", arguments: [], service: "triggers"),
        Name(path: "/app/bin/core", arguments: [], service: "core"),
        Name(path: DialectSample.driverPath, arguments: ["-p"], service: "driver"),
      ]
    }

    @Test(
      "a program with a service's name is listed as unproved, refused, and gets nothing", arguments: Name.all)
    func unproved(_ name: Name) throws {
      let namesake = try Namesake(name.path, name.arguments, in: scratch)
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["service"]?.string == name.service)
      #expect(row["switchable"]?.bool == false)
      #expect(row["why_not"]?.string?.contains("unproved") == true)
      #expect(row["proof"]?.isNull == true)
      #expect(try tool("status").output.contains("unproved"))
      for verb in ["on", "toggle"] {
        for selector in [name.service, "pid:\(namesake.child.pid)"] {
          let run = try tool(verb, selector, "--json")
          #expect(run.status == 4, "\(verb) \(selector): \(run.output)")
          let row = try #require(try run.rows().first)
          #expect(row["outcome"]?.string == "refused")
          #expect(row["message"]?.string?.contains("--trust-name") == true)
        }
      }
      #expect(try tool("revert", "--json").rows() == [])
      #expect(namesake.signals == [])
    }

    @Test("under --all it is only reported, and --all cannot trust a name", arguments: Name.all)
    func all(_ name: Name) throws {
      let namesake = try Namesake(name.path, name.arguments, in: scratch)
      for verb in ["on", "toggle"] {
        let run = try tool.run([verb, "--all", "--json"] + (name.service == "driver" ? ["driver"] : []))
        #expect(run.status == 0, "\(run.output)")
        #expect(try run.rows().map { $0["outcome"]?.string } == ["refused"])
      }
      for arguments in [
        ["--all", "--trust-name"], ["--all", "driver", "--trust-name"], ["--trust-name", "--all"],
      ] {
        for verb in ["on", "off", "toggle"] {
          let run = try tool.run([verb] + arguments)
          #expect(run.status == 2, "\(verb) \(arguments)")
          #expect(run.errors.contains("--trust-name"))
        }
      }
      #expect(namesake.signals == [])
    }

    @Test("--trust-name sends it one signal, and says that nothing came of it", arguments: Name.all)
    func trusted(_ name: Name) throws {
      let namesake = try Namesake(name.path, name.arguments, in: scratch)
      let run = try tool("on", name.service, "--trust-name", "--wait", "200ms", "--json")
      #expect(run.status == 4, "\(run.output)")
      #expect(try run.rows().map { $0["outcome"]?.string } == ["unconfirmed"])
      #expect(namesake.signals == [SIGUSR1])
      // It is no name that anybody may shorten.
      #expect(try tool("on", name.service, "--trust").status == 2)
      #expect(namesake.signals == [SIGUSR1])
    }

    @Test("a stripped service is switched where its name is trusted, and taken back without another word")
    func stripped() throws {
      let api = try StandIn("toggle-stripped", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 4)
      #expect(api.signals() == [])
      #expect(try tool("on", "api", "--trust-name").status == 0)
      #expect(api.becomes(verbose: true))
      #expect(try tool("revert").status == 0)
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test(
      "an executable with PlaceOS's symbols is PlaceOS's, however poor its name",
      arguments: [
        ("core", "core"), ("build", "build"), ("source", "source"), ("edge", "edge"), ("app", "app"),
      ])
    func poorName(_ base: String, _ service: String) throws {
      let arguments = base == "build" ? ["server"] : []
      let process = try StandIn("toggle-static", as: "srv/other/" + base, arguments, in: scratch)
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["service"]?.string == service)
      #expect(row["proof"]?.string == "symbols")
      #expect(row["switchable"]?.bool == true)
      #expect(row["evidence"]?.string == "memory")
      #expect(try tool("on", "pid:\(process.pid)").status == 0)
      #expect(process.becomes(verbose: true))
      #expect(try tool("revert").status == 0)
      #expect(process.becomes(verbose: false))
      #expect(process.signals() == ["USR1", "USR1"])
    }

    @Test("/app is PlaceOS's by its symbols, and no service's in particular")
    func app() throws {
      let app = try StandIn("toggle-static", as: "app", in: scratch, root: "jail")
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["executable"]?.string == "/app")
      #expect(row["proof"]?.string == "symbols")
      #expect(try tool("on", "api").status == 1)
      #expect(try tool("on", "--all").status == 0)
      #expect(app.becomes(verbose: true))
      #expect(app.signals() == ["USR1"])
    }
  }
}
