import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// systemd does not run here: that the units say what they should is asked of systemd-analyze(1), and that what
  /// they leave is enough is tried out.
  @Suite("systemd's units") struct UnitTests {
    let scratch = Scratch()

    /// The units as installed below a folder that has the program.
    private func units() throws -> [Unit] {
      try Files.copy(TestMachine.program, to: scratch("sbin/placeos-loglevel"))
      return try (Unit.services + ["placeos-loglevel-revert.timer"]).map {
        try Unit($0, prefix: scratch.path, in: scratch)
      }
    }

    @Test("systemd understands every line of them")
    func verify() throws {
      // The manual page that they name is in the package; what it is there, its own tests see.
      let run = try Command.run(
        "/usr/bin/systemd-analyze", ["verify", "--man=no"] + units().map(\.path))
      #expect(run.status == 0)
      #expect(run.errors == "")
      #expect(run.output == "")
    }

    @Test("they leave little: an exposure of 2.5 at most", arguments: Unit.services)
    func exposure(_ name: String) throws {
      let unit = try #require(try units().first { $0.name == name })
      let run = try Command.run(
        "/usr/bin/systemd-analyze", ["security", "--offline=true", "--threshold=25", "--no-pager", unit.path])
      let verdict = run.output.split(separator: "\n").last { $0.contains("Overall exposure level") } ?? ""
      #expect(run.status == 0, "\(verdict)")
      #expect(!verdict.isEmpty)
    }

    @Test("every setting of one is that of the other, but what they run")
    func alike() throws {
      let own = [
        "Description", "Type", "ExecStart", "ExecReload", "Restart", "RestartSec", "WatchdogSec",
        "Environment",
        "TimeoutStartSec", "WantedBy",
      ]
      let settings = try units().filter { $0.name.hasSuffix(".service") }.map { unit in
        unit.lines.filter { line in
          !line.hasPrefix("#") && !line.hasPrefix("[") && !own.contains { line.hasPrefix($0 + "=") }
        }
      }
      #expect(settings.count == 2)
      #expect(settings[0] == settings[1])
      #expect(settings[0].count > 30)
    }

    @Test("what they leave is enough for a service of another user: to see it, switch it, and take it back")
    func enough() throws {
      let confined = try Confined(scratch)
      defer { confined.cleanUp() }
      let log = try SystemLogSocket()
      let cell = LevelCell(build: .static, dialect: .toggle, hasWorkers: false)
      let process = try RefusedRead.OtherUsers(cell, in: scratch)
      try confined.expectSwitches(cell.service) { process.isVerbose }
      // Root's own folder, without the right to pass over permissions.
      #expect(Files.text(Installation.history).split(separator: "\n").count == 2)
      #expect(log.lines().count == 2)
    }

    @Test("and for one in a container", .needsDocker)
    func enoughInContainer() throws {
      let confined = try Confined(scratch)
      defer { confined.cleanUp() }
      let docker = Docker()
      let api = try docker.start(.api, name: "rest-api")
      let row = try #require(try confined("status", "api", "--json").rows().first)
      #expect(row["container", "name"]?.string == "rest-api")
      #expect(row["evidence"]?.string == "memory")
      try confined.expectSwitches("api/rest-api") { try? api.isVerbose() }
    }

    @Test("and for the agent, to the end of a deadline")
    func agent() throws {
      let confined = try Confined(scratch)
      defer { confined.cleanUp() }
      let cell = LevelCell(build: .static, dialect: .toggle, hasWorkers: false)
      let process = try RefusedRead.OtherUsers(cell, in: scratch)
      let log = scratch("agent.log")
      let words = confined.through + [TestMachine.program, "agent"]
      let agent = try Child(words[0], Array(words.dropFirst()), output: log)
      defer { agent.end() }
      #expect(eventually { Files.text(log).contains("agent started") || !agent.isRunning })
      #expect(try confined("on", cell.service, "--for", "1s").status == 0)
      #expect(eventually { Files.text(log).contains("reverted") })
      #expect(eventually { process.isVerbose == false })
      #expect(agent.isRunning)
    }

    @Test(
      "each right is needed: without one of them, something is missing",
      arguments: ["kill", "sys_ptrace", "dac_read_search"])
    func needed(_ capability: String) throws {
      var confined = try Confined(scratch)
      defer { confined.cleanUp() }
      let cell = LevelCell(build: .static, dialect: .toggle, hasWorkers: false)
      let process = try RefusedRead.OtherUsers(cell, in: scratch)
      // Nobody else's to read, as an image's may be.
      let executable = cell.path.hasPrefix("/") ? cell.path : scratch(cell.path)
      #expect(chown(executable, 10001, 10001) == 0 && chmod(executable, 0o700) == 0)
      let whole = confined
      confined.take(capability)
      #expect(try confined("on", cell.service).status == 4)
      #expect(process.isVerbose == false)
      try whole.expectSwitches(cell.service) { process.isVerbose }
    }

    @Test("what the program asks of the kernel is what they let through")
    func systemCalls() throws {
      let trace = "/run/placeos-loglevel-trace"
      defer { Scratch.remove(trace) }
      var confined = try Confined(scratch)
      defer { confined.cleanUp() }
      let log = try SystemLogSocket()
      let cell = LevelCell(build: .static, dialect: .toggle, hasWorkers: false)
      let process = try RefusedRead.OtherUsers(cell, in: scratch)
      confined.through += ["/usr/bin/strace", "-f", "-A", "-o", trace]
      try confined.expectSwitches(cell.service) { process.isVerbose }
      #expect(try confined("revert", "--expired", "--quiet").status == 0)
      #expect(log.lines().count == 2)
      // "4711  openat(AT_FDCWD, …": the call is what stands before the parenthesis.
      let lines = Files.text(trace).split(separator: "\n")
      let calls = lines.compactMap { line -> String? in
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let end = words[1].firstIndex(of: "(") else { return nil }
        let name = words[1][..<end].drop { $0 == " " }
        return name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } ? String(name) : nil
      }
      for call in ["process_vm_readv", "pidfd_open", "pidfd_send_signal"] { #expect(calls.contains(call)) }
      #expect(try Set(calls).subtracting(confined.unit.systemCalls()) == [])
      // RestrictAddressFamilies=, MemoryDenyWriteExecute=
      let sockets = lines.filter { $0.contains(" socket(") }
      #expect(!sockets.isEmpty && sockets.allSatisfy { $0.contains(" socket(AF_UNIX,") })
      #expect(!lines.contains { $0.contains("PROT_WRITE|PROT_EXEC") })
      #expect(!lines.contains { $0.contains("mprotect(") && $0.contains("PROT_EXEC") })
    }
  }

  /// The program in its usual places, with no more rights than the units leave.
  struct Confined {
    let unit: Unit
    var through: [String]

    init(_ scratch: Scratch) throws {
      unit = try Unit(Unit.services[0], prefix: "/usr", in: scratch)
      through = unit.confinement
    }

    /// Takes one more right.
    mutating func take(_ capability: String) {
      through = through.map {
        $0.hasPrefix("--bounding-set=") ? $0.replacing(",+\(capability)", with: "") : $0
      }
    }

    func callAsFunction(_ arguments: String...) throws -> Tool.Run {
      let words = through + [TestMachine.program] + arguments
      return try Command.run(words[0], Array(words.dropFirst()))
    }

    /// Sees a service, switches it on, and takes it back, all of it confirmed by its memory.
    func expectSwitches(_ selector: String, _ isVerbose: () -> Bool?) throws {
      let status = try self("status", selector, "--json")
      #expect(status.status == 0, "\(status.errors)")
      #expect(try status.rows().map { $0["evidence"]?.string } == ["memory"])
      let on = try self("on", selector, "--json")
      #expect(on.status == 0, "\(on.errors)")
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(eventually { isVerbose() == true })
      let revert = try self("revert", "--json")
      #expect(revert.status == 0, "\(revert.errors)")
      #expect(try revert.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(eventually { isVerbose() == false })
    }

    func cleanUp() {
      for folder in [Installation.stateDirectory, Installation.logDirectory] { Scratch.remove(folder) }
    }
  }
}
