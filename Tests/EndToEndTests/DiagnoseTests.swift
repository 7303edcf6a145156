import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("diagnose, against real stores") struct Diagnose {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// Asks until the backend has the state.
    func becomes(_ state: String, _ backend: String = "redis", _ more: String...) throws -> Bool {
      try eventually {
        try tool.run(["diagnose", "--json"] + more).backend(backend)?["state"]?.string == state
      }
    }

    @Test("the store that is broken is named, no other is, and ok comes back")
    func matrix() throws {
      let cells = [
        "redis:stopped:all", "redis:password:one", "postgresql:killed:all", "postgresql:dropped:one",
        "etcd:stopped:all", "rethinkdb:killed:all", "elasticsearch:killed:all", "influxdb:name:one",
      ]
      let run = try Command.run(
        TestMachine.checkout + "/scripts/diagnose-matrix",
        ["--program", TestMachine.program, "--fixtures", TestMachine.fixture(""), "--without-times", "1"]
          + cells.flatMap { ["--cell", $0] })
      #expect(run.status == 0, "\(run.output)\(run.errors)")
      for cell in cells {
        let words = cell.split(separator: ":")
        let row = run.output.split(separator: "\n").first { row in words.allSatisfy { row.contains($0) } }
        #expect(row?.contains("ok again") == true, "\(cell): \(run.output)\(run.errors)")
      }
    }

    @Test("in containers: paused, killed, removed, in a crash loop, and a full data root", .needsDocker)
    func compose() throws {
      let run = try Command.run(
        "/usr/bin/unshare",
        [
          "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
          TestMachine.checkout + "/Tests/Fixtures/client/compose", TestMachine.program,
          TestMachine.fixture(""),
        ])
      #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("its exit status: 1 no PlaceOS, 0 nothing fails, 4 something does, 3 it could not look")
    func statuses() throws {
      let nothing = try tool("diagnose")
      #expect(nothing.status == 1)
      #expect(nothing.errors.contains("no PlaceOS process runs on this host"))
      let host = try StoreHost(scratch)
      try host.serve()
      #expect(try becomes("ok"))
      let well = try tool("diagnose")
      #expect(well.status == 0, "\(well.output)")
      #expect(well.output.contains("redis") && well.output.contains("1 of 1"))
      #expect(!well.output.contains("failing"))
      host.killRedis()
      #expect(try becomes("refused"))
      let ill = try tool("diagnose")
      #expect(ill.status == 4)
      // What follows from it, in words.
      for words in [
        "redis is failing: status changes and signals stop", "To see it: execute a function",
        "The logs that speak: api, auth, core, driver, source, triggers.",
        "sudo placeos-loglevel follow backend:redis --for 15m --reason 'redis'",
        "127.0.0.1:\(host.port): nothing listens there",
      ] {
        #expect(ill.output.contains(words), "\(ill.output)")
      }
      try host.startRedis()
      #expect(try becomes("ok"))
      #expect(try tool("diagnose").status == 0)
      // Who is not root may not look.
      let other = try Command.run(
        "/usr/bin/setpriv",
        ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", tool.program, "diagnose"])
      #expect(other.status == 3, "\(other.errors)")
    }

    @Test("selectors say whose stores, and a name that is none is answered with a suggestion")
    func selectors() throws {
      let host = try StoreHost(scratch)
      try host.serve()
      try host.serve("triggers", ["REDIS_URL": "redis://127.0.0.1:\(host.port + 1)"])
      #expect(try becomes("ok", "redis", "api"))
      #expect(try tool("diagnose", "api").status == 0)
      #expect(try tool("diagnose", "triggers").status == 4)
      #expect(try tool("diagnose", "backend:redis").status == 4)
      #expect(try tool("diagnose", "backend:etcd").status == 1)
      for (word, suggestion) in [
        ("postgress", "backend:postgresql"), ("redis", "backend:redis"),
        ("backend:elastik", "backend:elastic"),
        ("trigers", "triggers"),
      ] {
        let run = try tool("diagnose", word)
        #expect(run.status == 2)
        #expect(run.errors.contains("did you mean \(suggestion)?"), "\(run.errors)")
      }
    }

    @Test("a password is in no output, wherever it stands")
    func canaries() throws {
      let host = try StoreHost(scratch)
      let secret = scratch("secret")
      try Files.write(Array("postgresql://u:CANARY-file@127.0.0.1:1/db\n".utf8), to: secret)
      let says = [
        "level=[E] time=NOW program=api source=redis message=\"node registration failed AUTH CANARY-auth\"",
        "level=[E] time=NOW program=api source=pg message=\"Unable to connect Database url postgresql://u:CANARY-url@127.0.0.1:1/db\"",
        "level=[E] time=NOW program=api source=smtp message=\"DB::ConnectionRefused CANARY-mail said, CANARY-file too\"",
        "level=[E] time=NOW program=api source=redis message=\"redis subscription failed\" url=\"redis://h/?password=CANARY-query\"",
        "{\"level\":\"ERROR\",\"time\":\"NOW\",\"message\":\"connection check to redis failed\",\"password\":\"CANARY-json\"}",
      ]
      let service = try host.serve(
        "rest-api",
        [
          "REDIS_URL": "redis://:CANARY%2Dwrong@127.0.0.1:\(host.port)/0", "PG_DATABASE_URL_FILE": secret,
          "INFLUX_HOST": "http://u:CANARY-influx@127.0.0.1:1/?token=CANARY-token",
          "SMTP_PASSWORD": "CANARY-mail", "CLIENT_SAYS": says.joined(separator: "\n"),
        ])
      #expect(try becomes("closes"))
      let runs = [
        try tool("diagnose"), try tool("diagnose", "--json"), try tool("diagnose", "--json", "--probe"),
        try tool("on", "backend:postgresql", "--reason", "INC"), try tool("status", "--json"),
        try tool("off", "api"), try tool("history", "--json"),
      ]
      for run in runs {
        #expect(
          !run.output.contains("CANARY") && !run.errors.contains("CANARY"), "\(run.output)\(run.errors)")
      }
      // The file was heard, and each of the lines.
      let document = try runs[1].backend("postgresql")
      #expect(document?["address"]?.string == "127.0.0.1:1")
      #expect(document?["state"]?.string == "refused", "\(runs[1].output)")
      #expect(runs[1].output.contains("***"))
      #expect(runs[3].status == 0 && runs[5].status == 0, "\(runs[3].errors)")
      for name in ["state.json", "history.jsonl"] {
        #expect(!Files.text(scratch("state/\(name)")).contains("CANARY"))
      }
      #expect(service.isRunning)
    }

    @Test("a secret is found behind the links of a volume of Kubernetes', and never outside of the container")
    func linkedSecrets() throws {
      let jail = scratch.folder("jail")
      for (file, port) in [("jail/secrets/..v1/pg", 1), ("jail/real", 2), ("outside", 3)] {
        Files.make(folderOf: scratch(file))
        try Files.write(Array("postgresql://u:CANARY@127.0.0.1:\(port)/db\n".utf8), to: scratch(file))
      }
      let links = [
        ("jail/secrets/..data", "..v1"), ("jail/secrets/kubernetes", "..data/pg"),
        ("jail/secrets/absolute", "/real"),
        ("jail/secrets/above", "../../outside"), ("jail/secrets/self", "/proc/1/root\(scratch("outside"))"),
        ("jail/secrets/loop", "loop"),
      ]
      for (link, target) in links { #expect(symlink(target, scratch(link)) == 0) }
      _ = try scratch.copy(of: TestMachine.fixture("toggle-static"), as: "jail/rest-api")
      // The kernel's own links lead out, proc(5).
      mkdir(jail + "/proc", 0o755)
      #expect(mount("/proc", jail + "/proc", nil, UInt(MS_BIND), nil) == 0)
      defer { umount2(jail + "/proc", Int32(MNT_DETACH)) }
      for (name, port, problem) in [
        ("kubernetes", 1, ""), ("absolute", 2, ""),
        ("above", nil, "PG_DATABASE_URL_FILE names it, and it is not there"),
        ("self", nil, "symbolic links"),
        ("loop", nil, "symbolic links"),
      ] as [(String, Int?, String)] {
        let child = try Child(
          "/usr/sbin/chroot", [jail, "/rest-api"],
          environment: ["PG_DATABASE_URL_FILE": "/secrets/\(name)", "STANDIN_TRUTH_FILE": "/truth"],
          output: scratch("log"))
        defer { child.end() }
        #expect(eventually { Files.link("/proc/\(child.pid)/exe")?.hasSuffix("/rest-api") == true })
        let run = try tool("diagnose", "--json", "pid:\(child.pid)")
        #expect(
          try run.backend("postgresql")?["address"]?.string == port.map { "127.0.0.1:\($0)" },
          "\(name): \(run.output)")
        let problems = try run.json()["problems"]?.array?.compactMap(\.string) ?? []
        #expect(
          problems.isEmpty == problem.isEmpty && problems.allSatisfy { $0.contains(problem) },
          "\(name): \(problems)")
        #expect(!run.output.contains("CANARY"))
      }
    }

    @Test("--probe asks the stores themselves, and nothing else does")
    func probe() throws {
      let host = try StoreHost(scratch)
      try host.serve("rest-api", ["CLIENT_LISTEN": "3000"])
      #expect(try becomes("ok"))
      func evidence(_ run: Tool.Run) throws -> [String] {
        (try run.backend("redis")?["evidence"]?.array ?? []).filter { $0["kind"]?.string == "probe" }
          .compactMap { $0["text"]?.string }
      }
      #expect(try evidence(try tool("diagnose", "--json")) == [])
      let asked = try tool("diagnose", "--json", "--probe")
      #expect(try evidence(asked) == ["answers a PING: it wants a password"])
      host.signalRedis(SIGSTOP)
      #expect(eventually { Kernel.state(of: host.redisPID) == "T" })
      let stopped = try tool("diagnose", "--json", "--probe")
      #expect(try evidence(stopped) == ["takes a connection, and does not answer within 1 s"])
      #expect(try stopped.backend("redis")?["state"]?.string == "hangs")
      host.signalRedis(SIGCONT)
      // A service is asked at the port that it was given.
      let triggers = try host.serve("triggers", ["CLIENT_LISTEN": "\(host.port + 1)"])
      #expect(try tool("diagnose", "--json", "--probe").backend("triggers") == nil)
      triggers.signal(SIGSTOP)
      #expect(eventually { Kernel.state(of: triggers.pid) == "T" })
      let mute = try tool("diagnose", "--json", "--probe")
      triggers.signal(SIGCONT)
      #expect(try mute.backend("triggers")?["state"]?.string == "degraded", "\(mute.output)")
      // Without the right to enter a network nothing is asked, and that is said.
      let less = try Command.run(
        "/usr/bin/setpriv",
        ["--bounding-set", "-sys_admin", "--inh-caps", "-all", tool.program, "diagnose", "--probe"])
      #expect(less.status == 3)
      #expect(less.errors.contains("--probe needs CAP_SYS_ADMIN"), "\(less.errors)")
    }

    @Test("ten thousand connections, and a store that never answers, are one look")
    func bounded() throws {
      let host = try StoreHost(scratch)
      for name in ["triggers", "rest-api"] { try host.serve(name, ["CLIENT_POOL": "5000"]) }
      #expect(
        try eventually(120) {
          let witnesses = try tool("diagnose", "--json").backend("redis")?["seen_by"]?.array ?? []
          return witnesses.count == 2
            && witnesses.allSatisfy {
              $0["evidence"]?.array?.first?["text"]?.string?.hasPrefix("5002 connections") ?? false
            }
        })
      let run = try tool("diagnose", "--json")
      #expect(try run.json()["problems"]?.array == [], "\(run.output)")
      #expect(try run.backend("redis")?["state"]?.string == "ok")
      host.signalRedis(SIGSTOP)
      #expect(try becomes("hangs"))
      let stopped = try tool("diagnose", "--json", "--probe")
      #expect(try stopped.json()["problems"]?.array == [], "\(stopped.output)")
      host.signalRedis(SIGCONT)
      #expect(try becomes("ok"))
    }

    @Test("a name server that is silent is named, and is the cause of what waits for it")
    func silentNameServer() throws {
      let host = try StoreHost(scratch)
      // One that takes questions, and answers none.
      let silent = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      defer { close(silent) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(53).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_004D).bigEndian
      let isBound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(silent, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      #expect(isBound == 0)
      try host.serve("rest-api")
      try host.serve(
        "triggers", ["REDIS_URL": "redis://:CANARY-redis@store.example:\(host.port)/0"],
        nameServer: "127.0.0.77")
      #expect(try becomes("hangs", "dns"))
      let run = try tool("diagnose")
      #expect(run.status == 4)
      #expect(run.output.contains("triggers has waited for the name server 127.0.0.77"), "\(run.output)")
      #expect(run.output.contains("dns is likely failing"), "\(run.output)")
      // Its neighbour is well.
      #expect(try tool("diagnose", "api").status == 0)
    }

    @Test("sixty thousand sockets in TIME_WAIT are no reason not to answer")
    func timeWait() throws {
      let host = try StoreHost(scratch)
      try host.serve()
      #expect(try becomes("ok"))
      // Who closes first keeps the socket so; one pair of addresses has 28,000 ports.
      let script = """
        use Socket;
        my $port = shift;
        for my $number (2 .. 4) {
          socket my $server, PF_INET, SOCK_STREAM, 0 or die;
          bind $server, sockaddr_in($port, inet_aton("127.0.1.$number")) or die "bind: $!";
          listen $server, 128 or die;
          for (1 .. 20000) {
            socket my $client, PF_INET, SOCK_STREAM, 0 or die;
            connect $client, sockaddr_in($port, inet_aton("127.0.1.$number")) or die "connect: $!";
            accept my $other, $server or die;
            close $client; close $other;
          }
        }
        """
      let made = try Command.run("/usr/bin/perl", ["-e", script, "\(host.port + 1)"])
      #expect(made.status == 0, "\(made.errors)")
      let waiting = Files.text("/proc/net/sockstat").split(separator: " ")
      #expect(waiting.firstIndex(of: "tw").flatMap { Int(waiting[$0 + 1]) } ?? 0 > 50_000, "\(waiting)")
      let run = try tool("diagnose", "--json")
      #expect(try run.json()["problems"]?.array == [], "\(run.output)")
      #expect(try run.backend("redis")?["state"]?.string == "ok", "\(run.output)")
    }

    @Test("a mount that hangs costs the service whose secret is on it, and no other")
    func hungMount() throws {
      let host = try StoreHost(scratch)
      let mount = try HungMount(scratch)
      try host.serve("triggers", ["PG_DATABASE_URL_FILE": mount.path + "/secret"])
      try host.serve("rest-api")
      #expect(try becomes("ok"))
      let run = try tool("diagnose", "--json")
      let problems = try run.json()["problems"]?.array?.compactMap(\.string) ?? []
      #expect(problems.count == 1 && problems[0].contains("\(host.services[0].pid)"), "\(problems)")
      #expect(try run.backend("redis")?["seen_by"]?.array?.compactMap { $0["service"]?.string } == ["api"])
      #expect(run.status == 0)
    }

    @Test("--watch is redrawn in place, and q leaves the terminal as it was")
    func watch() throws {
      let host = try StoreHost(scratch)
      try host.serve()
      #expect(try becomes("ok"))
      let terminal = try EndToEnd.Watch.Terminal(scratch)
      let line = "\(tool.program) diagnose --watch"
      try terminal.type(
        "clear; stty -a >\(scratch("before")); \(line); echo ended with $?; stty -a >\(scratch("after"))")
      #expect(try terminal.shows("q ends"))
      #expect(try terminal.shows("1 of 1"))
      host.killRedis()
      #expect(try terminal.shows("refused"))
      #expect(try terminal.shows("follow backend:redis"))
      try host.startRedis()
      #expect(try terminal.shows("1 of 1"))
      #expect(try eventually { try !terminal.screen().contains("refused") })
      try terminal.press("q")
      #expect(try terminal.shows("ended with 0"))
      #expect(eventually { Files.exists(scratch("after")) })
      #expect(eventually { Files.text(scratch("after")) == Files.text(scratch("before")) })
      let none = try tool("diagnose", "--watch")
      #expect(none.status == 2 && none.errors.contains("--watch needs a terminal"))
      #expect(try tool("diagnose", "--watch", "--json").status == 2)
    }
  }
}
