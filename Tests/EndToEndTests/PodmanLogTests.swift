import Containers
import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// A stripped executable has no flag to read: what is known of its level is what it wrote, and that is in a file
  /// of Podman's.
  @Suite("The level by a real Podman log", .needsPodman)
  struct PodmanLog {
    let podman = Podman()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    func level(_ container: DockerContainer) throws -> (debug: Bool?, evidence: String?) {
      let rows = try tool("status", "--json").rows()
      #expect(rows.map { $0["pid"]?.int } == [Int(try container.mainPID())])
      #expect(rows.first?["container", "runtime"]?.string == "podman")
      return (rows.first?["debug"]?.bool, rows.first?["evidence"]?.string)
    }

    @Test("switched by the tool and behind its back, in both log formats", arguments: ["line", "json"])
    func stripped(format: String) throws {
      let environment = format == "json" ? ["PLACE_LOG_FORMAT": "json"] : [:]
      let api = try podman.start(.strippedAPI, name: "rest-api", environment: environment)
      #expect(try level(api) == (false, "assumed"))

      let on = try tool("on", "api", "--json")
      #expect(on.status == 0, "\(on.output)\(on.errors)")
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(try on.rows().map { $0["evidence"]?.string } == ["log"])
      #expect(try api.becomes(verbose: true))
      #expect(try level(api) == (true, "log"))

      // Whoever does it: the log says so.
      kill(try api.mainPID(), SIGUSR1)
      #expect(try api.becomes(verbose: false))
      if format == "line" {
        // A client could have had that line written: against what is recorded it is a conflict, and a person's to solve.
        #expect(try eventually { try level(api) == (nil, "ledger") })
        for verb in ["off", "on", "toggle"] {
          let run = try tool(verb, "api", "--json")
          #expect(run.status == 4)
          #expect(try run.rows().map { $0["outcome"]?.string } == ["refused"])
        }
        #expect(api.signals.count == 2)
        return
      }
      #expect(try eventually { try level(api) == (false, "log") })
      #expect(try tool("off", "api", "--json").rows().map { $0["outcome"]?.string } == ["unchanged"])
      kill(try api.mainPID(), SIGUSR1)
      #expect(try eventually { try level(api) == (true, "log") })
      #expect(try tool("off", "api").status == 0)
      #expect(try level(api) == (false, "log"))
      #expect(try api.isVerbose() == false)
      #expect(api.signals.count == 4)
    }

    @Test("a restarted container is at its own level, whatever its log says of the process before")
    func restarted() throws {
      let api = try podman.start(.strippedAPI, name: "rest-api")
      #expect(try tool("on", "api").status == 0)
      #expect(try level(api) == (true, "log"))
      api.forgetTruth()
      try api.docker("restart", "--time", "0")
      try api.awaitReadiness()
      // The same file goes on, with the lines of the process that has ended.
      #expect(api.logs().contains("changed to Trace"))
      #expect(try level(api) == (false, "assumed"))
      #expect(try api.isVerbose() == false)
    }

    @Test("where its output goes to no file, the level is what the tool did, and unconfirmed")
    func withoutLog() throws {
      let podman = Podman(logDriver: "none")
      let api = try podman.start(.strippedAPI, name: "rest-api")
      let on = try tool("on", "api", "--json")
      #expect(on.status == 4)
      #expect(try on.rows().map { $0["outcome"]?.string } == ["unconfirmed"])
      #expect(try api.becomes(verbose: true))
      #expect(try level(api) == (true, "ledger"))
    }
  }
}

extension DockerImage {
  /// Its executable has no symbols: its image proves what it is.
  static let strippedAPI = {
    var image = service("rest-api", "/rest-api", "toggle-stripped")
    image.healthCheck = nil
    return image
  }()
}
