import Testing

@testable import PlaceOS

@Suite("Processes that must never be hit")
struct DecoyTests {
  struct Decoy: Sendable, CustomStringConvertible {
    let description: String
    let facts: ProcessFacts

    init(
      _ description: String, _ executable: String, _ arguments: String..., comm: String? = nil,
      in container: ProcessFacts.ContainerFacts? = nil
    ) {
      self.description = description
      facts = PlaceOSTests.facts(executable, arguments, comm: comm, in: container)
    }
  }

  static let api = container(names: ["rest-api"], compose: "api", image: "placeos/rest-api:latest")
  static let core = container(names: ["core"], compose: "core", image: "placeos/core:latest")
  static let auth = container(names: ["auth"], compose: "auth", image: "placeos/auth:latest")

  static let others: [Decoy] = [
    Decoy(
      "docker-init", "/sbin/docker-init", "/sbin/docker-init", "--", "/bin/core", "-b", "0.0.0.0", in: core),
    Decoy("tini", "/usr/bin/tini", "tini", "--", "/rest-api", in: api),
    Decoy("dumb-init", "/usr/bin/dumb-init", "dumb-init", "/rest-api", in: api),
    Decoy("a shell", "/usr/bin/dash", "sh", "-c", "exec /rest-api -b 0.0.0.0", in: api),
    Decoy("sudo", "/usr/bin/sudo", "sudo", "/rest-api"),
    Decoy("strace", "/usr/bin/strace", "strace", "-f", "/rest-api"),
    Decoy("tail", "/usr/bin/tail", "tail", "-f", "rest-api.log"),
    Decoy("less", "/usr/bin/less", "less", "rest-api.log"),
    Decoy("grep", "/usr/bin/grep", "grep", "rest-api"),
    Decoy("an editor", "/usr/bin/vim.basic", "vi", "/bin/core"),
    Decoy("docker", "/usr/bin/docker", "docker", "exec", "core", "/bin/core"),
    Decoy("node", "/usr/local/bin/node", "node", "/srv/rest-api/index.js", comm: "rest-api", in: api),
    Decoy("nginx", "/usr/sbin/nginx", "nginx: master process", in: container(image: "placeos/nginx")),
    Decoy("postgres", "/usr/lib/postgresql/15/bin/postgres", "postgres: placeos rest-api idle"),
    Decoy(
      "java", "/usr/bin/java", "java", "-jar", "/app/search-ingest.jar",
      in: container(names: ["search-ingest"])),
    Decoy("init", "/app/init", "/app/init", in: container(names: ["init"], image: "placeos/init")),
    Decoy(
      "init as /app", "/app", "/app", in: container(names: ["init"], compose: "init", image: "placeos/init")),
    Decoy("only the comm", "/usr/sbin/daemon", "daemon", comm: "rest-api", in: api),
    Decoy("only argv[0]", "/usr/sbin/daemon", "/rest-api", "-b", "0.0.0.0", in: api),
    Decoy("both", "/usr/sbin/daemon", "/rest-api", "-b", "0.0.0.0", comm: "rest-api", in: api),
    Decoy("a longer name", "/rest-api-old", "/rest-api-old", in: api),
    Decoy("a name with something in front", "/usr/bin/my-triggers", "my-triggers"),
    Decoy("a suffix", "/rest-api.sh", "/rest-api.sh", in: api),
    Decoy("other letters", "/usr/bin/Rest-Api", "Rest-Api", in: api),
    Decoy("a folder of that name", "/rest-api/bin/worker", "/rest-api/bin/worker", in: api),
    Decoy("a mark of deletion in the name", "/bin/core (deleted)", "/bin/core", in: core),
    Decoy("a line break in the path", "/srv/x\n/rest-api/daemon", "/rest-api"),
    Decoy("an alias that is no executable", "/usr/libexec/auth", "auth", "-b", "0.0.0.0", in: auth),
    Decoy("another core", "/srv/other/core", "/srv/other/core", "-b", "0.0.0.0"),
    Decoy(
      "another core in its container", "/bin/core", "/bin/core",
      in: container(names: ["shop"], image: "shop/core")),
    Decoy("another build", "/usr/local/bin/build", "build", "server"),
    Decoy("another source", "/srv/other/source", "/srv/other/source"),
    Decoy("another edge", "/opt/microsoft/edge", "/opt/microsoft/edge"),
    Decoy("another app", "/srv/other/app", "/srv/other/app"),
    Decoy("Ruby that is no Puma", "/usr/bin/ruby", "ruby", "bin/rails", "console", comm: "ruby", in: auth),
    Decoy("Puma outside", "/usr/bin/ruby", "ruby", "./bin/puma", "--tag", "auth", comm: "puma"),
    Decoy(
      "Puma of another", "/usr/bin/ruby", "ruby", "./bin/puma", comm: "puma", in: container(names: ["shop"])),
    Decoy("nothing", "", ""),
    Decoy("a folder", "/", "/"),
  ]

  @Test("Whatever only looks like a service is nothing", arguments: others)
  func other(decoy: Decoy) {
    #expect(recognise(decoy.facts) == .other)
  }

  @Test(
    "Puma in the container of auth is listed as what it is",
    arguments: [
      Decoy(
        "by its path", "/usr/local/bin/ruby", "ruby", "./bin/puma", "-b", "tcp://0.0.0.0:8080", comm: "ruby"),
      Decoy("by Bundler", "/usr/bin/ruby3.2", "ruby", "/usr/local/bin/bundle", "exec", "puma", comm: "ruby"),
      Decoy("its own launcher", "/usr/local/bin/puma", "puma", "-C", "config/puma.rb", comm: "puma"),
      Decoy("by its comm", "/usr/local/bin/ruby", "ruby", comm: "puma 5.6.5"),
      Decoy("by its title", "/usr/local/bin/ruby", "puma 5.6.5 (tcp://0.0.0.0:8080) [auth]", comm: "ruby"),
      Decoy("a worker", "/usr/local/bin/ruby", "puma: cluster worker 0: 7 [auth]", comm: "ruby"),
      Decoy("the launcher behind a script", "./bin/puma", "./bin/puma", comm: "puma"),
    ])
  func puma(decoy: Decoy) {
    for place in [
      Self.auth, container(names: ["auth"]), container(names: ["proj-auth-1"]),
      container(compose: "auth"), container(image: "registry:5000/placeos/auth:1"),
    ] {
      let process = ProcessFacts(
        executable: decoy.facts.executable, arguments: decoy.facts.arguments, comm: decoy.facts.comm,
        container: place)
      #expect(recognise(process) == .puma(service("auth")), "\(place)")
      #expect(
        recognise(facts(process.executable, process.arguments, comm: process.comm, in: Self.core)) == .other)
      #expect(recognise(facts(process.executable, process.arguments, comm: process.comm)) == .other)
    }
  }

  @Test(
    "A service in an emulator is listed as what it is",
    arguments: [
      Decoy(
        "by binfmt_misc", "/usr/bin/qemu-aarch64-static", "/usr/bin/qemu-aarch64-static", "/rest-api", "-b"),
      Decoy("its name kept", "/usr/bin/qemu-x86_64", "/usr/bin/qemu-x86_64", "/rest-api", "/rest-api", "-b"),
      Decoy("Rosetta", "/run/rosetta/rosetta", "/run/rosetta/rosetta", "/rest-api"),
    ])
  func emulated(decoy: Decoy) {
    #expect(recognise(decoy.facts) == .emulated(service("api")))
    #expect(mayBePlaceOS(decoy.facts.executable))
  }

  @Test(
    "An emulator of anything else is nothing",
    arguments: [
      Decoy("another program", "/usr/bin/qemu-aarch64-static", "qemu-aarch64-static", "/usr/bin/sleep", "9"),
      Decoy("a machine", "/usr/bin/qemu-system-x86_64", "qemu-system-x86_64", "/rest-api"),
      Decoy("a health check", "/usr/bin/qemu-arm", "qemu-arm", "/rest-api", "-c", "http://localhost/"),
      Decoy("itself", "/usr/bin/qemu-arm", "qemu-arm", "/usr/bin/qemu-arm", "/rest-api"),
      Decoy("no argument", "/usr/bin/qemu-arm", "qemu-arm"),
    ])
  func emulatorOfOthers(decoy: Decoy) {
    #expect(recognise(decoy.facts) == .other)
  }

  @Test("A health check in the service's own container is an errand")
  func healthCheck() {
    #expect(
      recognise(facts("/rest-api", ["/rest-api", "-c", "http://localhost:3000/api"], in: Self.api))
        == .errand(service("api")))
    #expect(
      recognise(facts("/bin/core", ["/bin/core", "--curl", "http://localhost:3000/api"], in: Self.core))
        == .errand(service("core")))
  }
}
