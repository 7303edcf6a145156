import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("Who must not be hit in containers", .needsDocker)
  struct DockerDecoyTests {
    let docker = Docker()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("no health check gets a signal, whatever command runs, and no container is restarted")
    func healthChecks() throws {
      let fleet = try DockerFleet(docker)
      let hanging = [(fleet.api, "/rest-api -c"), (fleet.core, "/bin/core -c"), (fleet.staff, "/app -c")]
      var checks: [Int32] = []
      for (container, commandLine) in hanging {
        #expect(try eventually { try container.pid(of: commandLine) != nil })
        checks.append(try container.pid(of: commandLine) ?? 0)
      }
      func triggersIsChecked() throws -> Bool {
        try eventually { try fleet.triggers.pid(of: "/triggers -c") != nil }
      }
      for arguments in [
        ["status"], ["toggle", "--all"], ["toggle", "--all", "driver"],
        ["on", "api", "core", "staff", "triggers"], ["off", "api/rest-api", "triggers"],
        ["on", "--all", "--for", "1m"], ["revert"], ["off", "--all"],
      ] {
        #expect(try triggersIsChecked())
        // A latch goes on and off once: what is spent is refused where it is named.
        let status = try tool.run(arguments).status
        #expect(status == 0 || (status == 4 && arguments.contains("staff")), "\(arguments)")
      }
      for check in checks {
        // By its pid it is not PlaceOS's either.
        #expect(try tool("toggle", "pid:\(check)").status == 1)
      }
      for ((container, commandLine), check) in zip(hanging, checks) {
        #expect(try container.pid(of: commandLine) == check, "the first health check still hangs")
        #expect(try container.inspect(".State.Health.Status") == "starting")
      }
      #expect(try eventually { try fleet.triggers.inspect(".State.Health.Status") == "healthy" })
      #expect(try fleet.triggers.inspect("len .State.Health.Log") != "0")
      for container in fleet.all {
        #expect(try container.inspect(".RestartCount") == "0")
        #expect(try container.inspect(".State.Status") == "running")
        #expect(try container.inspect(".State.Health.FailingStreak") == "0")
        #expect(try Set(container.inspect(Self.exitCodes).split(separator: " ")).isSubset(of: ["0"]))
      }
    }

    /// How the health checks that have ended have done so.
    private static let exitCodes = "range .State.Health.Log}}{{.ExitCode}} {{end"

    @Test("docker-init gets no signal, and core behind it exactly one")
    func dockerInit() throws {
      let core = try docker.start(
        .core, name: "core", environment: ["STANDIN_CURL_SECONDS": "600"], options: ["--init"])
      let main = try core.mainPID()
      #expect(try core.servicePID() != main)
      let seen = scratch("seen")
      let strace = try Child(
        "/usr/bin/strace", ["-p", "\(main)", "-e", "trace=rt_sigtimedwait,kill", "-o", seen])
      #expect(eventually { Files.text("/proc/\(main)/status").contains("TracerPid:\t\(strace.pid)\n") })

      let on = try tool("on", "core", "--json")
      #expect(on.status == 0)
      #expect(try on.rows().map { $0["pid"]?.int } == [Int(try core.servicePID())])
      #expect(try core.becomes(verbose: true))
      // Last, one that it would have got behind any other, and that does no harm.
      kill(main, SIGWINCH)
      #expect(eventually { Files.text(seen).contains("SIGWINCH") })
      #expect(!Files.text(seen).contains("SIGUSR"))
      strace.signal(SIGTERM)
      strace.wait()
      #expect(core.signals.count == 1)
    }

    @Test("other programs called core and app, in images of another name, are neither listed nor signalled")
    func otherPrograms() throws {
      let places = [("/core", "shop"), ("/app", "web"), ("/bin/build", "compiler"), ("/source", "feed")]
      let decoys = try places.map { executable, name in
        try docker.start(
          DockerImage(
            name: "registry.example/shop/\(name):latest", files: [executable: "decoy"],
            entrypoint: executable, command: [executable, "-b", "0.0.0.0", "-p", "3000"], isStandIn: false),
          name: name)
      }
      let core = try docker.start(.core, name: "core", environment: ["STANDIN_CURL_SECONDS": "600"])
      let status = try tool("status", "--json")
      #expect(try status.rows().map { $0["pid"]?.int } == [Int(try core.mainPID())])
      for arguments in [["toggle", "--all"], ["on", "core"], ["off", "core"], ["revert"]] {
        #expect(try tool.run(arguments).status == 0, "\(arguments)")
      }
      for decoy in decoys {
        #expect(try tool("toggle", "core/\(decoy.name)").status == 1)
        #expect(try tool("toggle", "pid:\(try decoy.mainPID())").status == 1)
        #expect(decoy.signals.isEmpty)
      }
      #expect(core.signals.count == 2)
      #expect(try core.isVerbose() == false)
    }

    @Test("a service's name on a program of another image is listed as unproved and refused, unless trusted")
    func unproved() throws {
      let executable = "/rest-api"
      let shop = try docker.start(
        DockerImage(
          name: "registry.example/shop/rest-api:latest", files: [executable: "decoy"],
          entrypoint: executable, command: [executable, "-b", "0.0.0.0"], isStandIn: false),
        name: "shop")
      // The same of PlaceOS's image: the image proves it, though its symbols are gone.
      var image = DockerImage.api
      image.files[executable] = "toggle-stripped"
      let api = try docker.start(image, name: "rest-api")
      let rows = try tool("status", "api", "--json").rows()
      #expect(rows.map { $0["container", "name"]?.string } == ["rest-api", "shop"])
      #expect(rows.map { $0["switchable"]?.bool } == [true, false])
      #expect(rows.last?["why_not"]?.string?.contains("unproved") == true)
      for arguments in [["toggle", "api/shop"], ["on", "api/shop"], ["on", "pid:\(try shop.mainPID())"]] {
        let run = try tool.run(arguments + ["--json"])
        #expect(run.status == 4)
        #expect(try run.rows().map { $0["outcome"]?.string } == ["refused"])
      }
      #expect(try tool("on", "--all", "--trust-name").status == 2)
      _ = try tool("on", "--all")
      #expect(shop.signals.isEmpty)
      #expect(try api.becomes(verbose: true))
      _ = try tool("on", "api/shop", "--trust-name", "--wait", "200ms")
      // SIGUSR1, by its number.
      #expect(shop.signals.count == 1 && shop.signals.allSatisfy { $0.hasPrefix("1 10 ") })
      #expect(api.signals.count == 1)
    }

    @Test("Ruby's auth is listed with its reason and refused where it is named, and never signalled")
    func puma() throws {
      let ruby = "/usr/local/bin/ruby"
      let auth = try docker.start(
        DockerImage(
          name: "registry.example/placeos/auth:latest", files: [ruby: "decoy"], entrypoint: ruby,
          command: ["./bin/puma", "-b", "tcp://0.0.0.0:8080"], isStandIn: false),
        name: "auth",
        environment: ["DECOY_ARGV0": "puma 5.6.5 (tcp://0.0.0.0:8080) [app]", "DECOY_COMM": "ruby"])
      let api = try docker.start(.api, name: "rest-api")
      let status = try tool("status", "auth", "--json")
      #expect(status.status == 0)
      let row = try #require(try status.rows().first)
      #expect(row["service"]?.string == "auth")
      #expect(row["container", "name"]?.string == "auth")
      #expect(row["dialect"]?.string == "none")
      #expect(row["switchable"] == .bool(false))
      #expect(row["why_not"]?.string?.contains("restart") == true)
      let table = try tool("status").output
      #expect(table.split(separator: "\n").allSatisfy { $0.count <= 100 })
      #expect(table.contains("Puma"))

      let pid = try auth.mainPID()
      for arguments in [["toggle", "auth"], ["on", "auth/auth"], ["off", "auth"], ["on", "pid:\(pid)"]] {
        let run = try tool.run(arguments + ["--json"])
        #expect(run.status == 4, "\(arguments)")
        #expect(try run.rows().map { $0["outcome"]?.string } == ["refused"])
      }
      // Under --all it is reported, and does not count.
      let all = try tool("toggle", "--all", "--json")
      #expect(all.status == 0)
      #expect(try all.rows().map { $0["outcome"]?.string } == ["switched", "refused"])
      #expect(try api.becomes(verbose: true))
      #expect(try tool("revert").status == 0)
      #expect(auth.signals.isEmpty)
      #expect(try auth.inspect(".State.Status") == "running")
    }
  }
}
