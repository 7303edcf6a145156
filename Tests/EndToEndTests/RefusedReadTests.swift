import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Where the right to read a process is missing, the next evidence is used, and `status` says why.
  @Suite("Reads that are refused") struct RefusedRead {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// The tool without CAP_SYS_PTRACE, as in a container that was not given it. Of a process of another user
    /// it may not even read which file it executes.
    var withoutCapability: Tool {
      var tool = Tool(scratch)
      tool.through = ["/usr/bin/setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace"]
      return tool
    }

    /// The tool on a kernel that refuses process_vm_readv(2).
    ///
    /// - Parameter refusesFile: whether it refuses to read `/proc/PID/mem` as well.
    func withoutMemory(refusesFile: Bool = true) throws -> Tool {
      let program = scratch("refuse")
      let source = TestMachine.checkout + "/Tests/Fixtures/refuse/refuse.c"
      let compiler = try Command.run("/usr/bin/gcc", ["-Wall", "-Wextra", "-Werror", "-o", program, source])
      try #require(compiler.status == 0, "\(compiler.errors)")
      var tool = Tool(scratch)
      tool.through = [program] + (refusesFile ? ["--file"] : [])
      return tool
    }

    /// A stand-in that runs as uid 10001, as PlaceOS's services do in their containers.
    final class OtherUsers {
      let child: Child
      private let executable: String
      private let truthFile: String

      struct NotReady: Error { let log: String }

      init(_ cell: LevelCell, in scratch: Scratch) throws {
        chmod(scratch.path, 0o777)
        executable = cell.path.hasPrefix("/") ? cell.path : scratch(cell.path)
        try Files.copy(TestMachine.fixture(cell.fixture), to: executable)
        truthFile = scratch("truth")
        let log = scratch("other.log")
        child = try Child(
          unprivileged: executable, cell.arguments, environment: ["STANDIN_TRUTH_FILE": truthFile],
          output: log)
        let isReady = eventually { isVerbose != nil || !child.isRunning }
        guard isReady, child.isRunning else { throw NotReady(log: Files.text(log)) }
      }

      deinit {
        child.end()
        unlink(executable)
      }

      var isVerbose: Bool? {
        switch Files.text("\(truthFile).\(child.pid)").split(whereSeparator: \.isWhitespace).last {
        case "true": true
        case "false": false
        default: nil
        }
      }
    }

    static let cells = LevelCell.Dialect.allCases.map {
      LevelCell(build: .static, dialect: $0, hasWorkers: false)
    }

    @Test(
      "another user's process, without CAP_SYS_PTRACE: still listed, by its name, and why", arguments: cells)
    func otherUser(_ cell: LevelCell) throws {
      let process = try OtherUsers(cell, in: scratch)
      // With the right to, all is as ever.
      let full = try #require(try tool("status", "--json").rows().first)
      #expect(full["evidence_refused"]?.isNull == true)
      #expect(full["proof"]?.string == "symbols")

      let run = try withoutCapability("status", "--json")
      #expect(run.status == 0, "\(run.errors)")
      let row = try #require(try run.rows().first)
      #expect(row["pid"]?.int == Int(process.child.pid))
      #expect(row["service"]?.string == cell.service)
      #expect(row["evidence"]?.string == (cell.dialect == .latch ? "signals" : "assumed"))
      #expect(row["evidence_refused"]?.string?.contains("/proc/\(process.child.pid)/exe") == true)
      #expect(try withoutCapability("status").prose.contains("Permission denied"))
      // Its name is all there is.
      #expect(row["proof"]?.isNull == true)
      #expect(row["why_not"]?.string?.contains("unproved") == true)
      #expect(try withoutCapability("on", cell.service).status == 4)
      #expect(process.isVerbose == false)

      let on = try withoutCapability("on", cell.service, "--trust-name", "--json")
      let isSeen = cell.dialect == .latch
      #expect(on.status == (isSeen ? 0 : 4), "\(on.output)")
      #expect(try on.rows().map { $0["outcome"]?.string } == [isSeen ? "switched" : "unconfirmed"])
      #expect(eventually { process.isVerbose == true })
      let after = try #require(try withoutCapability("status", "--json").rows().first)
      // Whether a signal that nothing shows has worked is not known.
      #expect(after["debug"]?.bool == (isSeen ? true : nil))
      #expect(after["evidence"]?.string == (isSeen ? "signals" : "ledger"))
      // Whoever has the right to sees more, and takes it back.
      #expect(try tool("revert").status == 0)
      #expect(eventually { process.isVerbose == false })
    }

    @Test("where only process_vm_readv is refused, memory is read all the same")
    func memoryFile() throws {
      let restricted = try withoutMemory(refusesFile: false)
      let family = try StandInFamily(Self.cells[0], in: scratch)
      #expect(try restricted("status", "--json").rows().map { $0["evidence"]?.string } == ["memory"])
      let on = try restricted("on", "api", "--json")
      #expect(try on.rows().map { $0["evidence"]?.string } == ["memory"])
      #expect(family.become(verbose: true))
      #expect(try restricted("revert").status == 0)
      #expect(family.become(verbose: false))
    }

    @Test("where memory cannot be read, the next evidence is used, and it is said why", arguments: cells)
    func memory(_ cell: LevelCell) throws {
      let restricted = try withoutMemory()
      let family = try StandInFamily(cell, in: scratch)
      // Its log tells the second: what is of the first one could be an earlier process's.
      usleep(1_100_000)
      let row = try #require(try restricted("status", "--json").rows().first)
      #expect(row["evidence"]?.string == (cell.dialect == .latch ? "signals" : "assumed"))
      #expect(row["dialect"]?.string == "\(cell.dialect)")
      #expect(row["proof"]?.string == "symbols")
      if cell.dialect == .latch {
        // It has no flag that could be read.
        #expect(row["evidence_refused"]?.isNull == true)
      } else {
        #expect(row["evidence_refused"]?.string?.contains("process_vm_readv") == true)
        #expect(try restricted("status").prose.contains("process_vm_readv"))
        #expect(try restricted("on", cell.service, "--strict").status == 4)
        #expect(family.signals == [[]])
      }

      let on = try restricted("on", cell.service, "--json")
      #expect(try on.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(family.become(verbose: true))
      let after = try #require(try restricted("status", "--json").rows().first)
      #expect(after["debug"]?.bool == true)
      #expect(after["evidence"]?.string == (cell.dialect == .latch ? "signals" : "log"))
      #expect(try tool("status", "--json").rows().first?["debug"]?.bool == true)
      #expect(try tool("revert").status == 0)
      #expect(family.become(verbose: false))
      #expect(family.signals == [["USR1", cell.signalOff]])
    }
  }
}
