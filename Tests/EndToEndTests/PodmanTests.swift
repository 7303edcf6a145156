import Glibc
import Testing

extension EndToEnd {
  @Suite("Podman's containers", .needsPodman)
  struct PodmanTests {
    let podman = Podman()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }
    /// Podman imports no health check with an image.
    static let image = {
      var image = DockerImage.api
      image.healthCheck = nil
      return image
    }()

    @Test("status names runtime, container, id and image")
    func status() throws {
      let api = try podman.start(Self.image, name: "rest-api")
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["service"]?.string == "api")
      #expect(row["pid"]?.int == Int(try api.mainPID()))
      #expect(row["container", "runtime"]?.string == "podman")
      #expect(row["container", "id"]?.string == api.id)
      #expect(row["container", "name"]?.string == "rest-api")
      // Podman gives an image that has no registry its own.
      #expect(row["container", "image"]?.string?.hasSuffix(api.image) == true)
      #expect(row["evidence"]?.string == "memory")
      #expect(row["debug"] == .bool(false))
      #expect(api.signals.isEmpty)
    }

    @Test("one of two is switched, by its name and by the beginning of its id")
    func selected() throws {
      let first = try podman.start(Self.image, name: "rest-api")
      let second = try podman.start(Self.image, name: "rest-api-2")
      #expect(try tool("toggle", "api/rest-api-2").status == 0)
      #expect(try second.becomes(verbose: true))
      #expect(first.signals.isEmpty)
      #expect(try tool("toggle", "api/\(first.id.prefix(12))").status == 0)
      #expect(try first.becomes(verbose: true))
      #expect(second.signals.count == 1)
      #expect(try tool("revert").status == 0)
      #expect(try first.becomes(verbose: false) && second.becomes(verbose: false))
      #expect(first.signals.count == 2 && second.signals.count == 2)
    }

    @Test("a health check beside it gets no signal")
    func healthCheck() throws {
      let api = try podman.start(Self.image, name: "rest-api")
      // Podman's own rhythm is a timer of systemd's; this is what that runs.
      let check = ["exec", api.id, "/rest-api", "-c", "http://localhost:3000/"]
      for round in 1...3 {
        let checks = try (0..<2).map { _ in
          try Command.start(podman.client.program, podman.client.global + check)
        }
        #expect(try tool("toggle", "api").status == 0)
        #expect(checks.map { $0.finish().status } == [0, 0])
        #expect(try api.becomes(verbose: !round.isMultiple(of: 2)))
        #expect(api.signals.count == round)
      }
    }

    @Test("restarted, it is at its own level, and what was on is not taken back from what runs in its place")
    func restarted() throws {
      let api = try podman.start(Self.image, name: "rest-api")
      #expect(try tool("on", "api").status == 0)
      #expect(try api.becomes(verbose: true))
      api.forgetTruth()
      try api.docker("restart", "--time", "0")
      try api.awaitReadiness()
      let row = try #require(try tool("status", "--json").rows().first)
      #expect(row["pid"]?.int == Int(try api.mainPID()))
      #expect(row["debug"] == .bool(false))
      #expect(row["container", "name"]?.string == "rest-api")
      let signals = api.signals.count
      _ = try tool("revert")
      #expect(api.signals.count == signals)
      #expect(try tool("on", "api/rest-api").status == 0)
      #expect(try api.becomes(verbose: true))
      #expect(try tool("off", "api/rest-api").status == 0)
      #expect(try api.becomes(verbose: false))
    }

    @Test("a service that is idle is named: one that ended with its status, one that never started without")
    func idle() throws {
      let ended = try podman.start(Self.image, name: "placeos-api-1")
      try ended.docker("stop", "--time", "0")
      let made = try podman.client.run(
        ["create", "--name", "placeos-api-2"] + podman.client.creating + [ended.image])
      defer { _ = try? podman.client.run(["rm", "--force", String(made.prefix { !$0.isWhitespace })]) }
      #expect(try tool("status", "--json").rows() == [])
      let rows = try #require(try tool("status", "--json").json()["not_running"]?.array)
      let messages = Dictionary(
        uniqueKeysWithValues: rows.map {
          ($0["container"]?["name"]?.string ?? "", $0["message"]?.string ?? "")
        })
      // By SIGKILL, which is 128 + 9 to Podman.
      #expect(
        messages["placeos-api-1"]?.contains("its container has exited with status 137, ") == true,
        "\(messages)")
      #expect(
        messages["placeos-api-2"]?.contains("its container was made and never started") == true, "\(messages)"
      )
      let run = try tool("on", "api")
      #expect(
        run.status == 1 && run.errors.contains("api in placeos-api-1: its container has exited"),
        "\(run.errors)")
      try ended.docker("start")
      #expect(try tool("status", "--json").rows().count == 1)
      #expect(try tool("status", "--json").json()["not_running"]?.array?.count == 1)
    }
  }
}
