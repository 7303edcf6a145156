import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Each kind of executable and dialect, in each situation: what `status` says is what the process itself
  /// says, wherever the process itself is the evidence.
  @Suite("The level of every kind of process, whatever happens to it") struct LevelMatrix {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// Compares `status` with the word of each process.
    func expect(
      _ cell: LevelCell, _ family: StandInFamily, after past: LevelCell.Past, isOurs: Bool,
      _ location: SourceLocation = #_sourceLocation
    ) throws {
      let run = try tool("status", "--json")
      let rows = try run.rows()
      #expect(Set(rows.map { $0["pid"]?.int }) == Set(family.pids.map(Int.init)), sourceLocation: location)
      let expected = cell.expected(after: past)
      for row in rows {
        let pid = Int32(row["pid"]?.int ?? 0)
        let found = LevelCell.Expected(debug: row["debug"]?.bool, evidence: row["evidence"]?.string ?? "")
        // What a spent latch wrote bears no time: it tells only where a line with one stands before it, written
        // later than in the second of the start. Then it is better than what is expected, and must be true.
        let isSpent = if case .offAgain = past { cell.dialect == .latch } else { false }
        let isToldByLog = isSpent && !cell.hasWorkers
        #expect(found == expected || isToldByLog && found.evidence == "log", sourceLocation: location)
        if found.isOwnWord {
          #expect(found.debug == family.standIn.isVerbose(pid: pid), sourceLocation: location)
        }
        #expect(row["dialect"]?.string == "\(cell.dialect)", sourceLocation: location)
        for key in ["by", "since", "expires_at"] {
          #expect(row[key]?.isNull == !isOurs, "\(key)", sourceLocation: location)
        }
      }
    }

    /// Whether the table tells a person of every process that somebody else has switched it.
    func isShownAsForeign(_ family: StandInFamily) throws -> Bool {
      let parts = try tool("status").prose.split(
        separator: "outside this tool", omittingEmptySubsequences: false)
      return parts.count > family.pids.count
    }

    /// Runs a command that switches; checks its exit status and that every process got the same outcome.
    @discardableResult
    func run(
      _ cell: LevelCell, _ verb: String, _ family: StandInFamily, _ outcome: String, status: Int32 = 0,
      _ arguments: String..., location: SourceLocation = #_sourceLocation
    ) throws -> [JSON] {
      let trust = verb == "revert" ? [] : cell.trust
      let run = try tool.run([verb, cell.service, "--wait", "5s", "--json"] + trust + arguments)
      #expect(run.status == status, "\(run.output)\(run.errors)", sourceLocation: location)
      let rows = try run.rows()
      #expect(
        rows.map { $0["outcome"]?.string } == family.pids.map { _ in outcome }, "\(run.output)",
        sourceLocation: location)
      return rows
    }

    @Test("switched by the tool, on and off", arguments: LevelCell.all)
    func byTool(_ cell: LevelCell) throws {
      let family = try StandInFamily(cell, in: scratch)
      try expect(cell, family, after: .nothing, isOurs: false)

      let isOnSeen = cell.isConfirmed(after: .on(byTool: true))
      try run(cell, "on", family, isOnSeen ? "switched" : "unconfirmed", status: isOnSeen ? 0 : 4)
      #expect(family.become(verbose: true))
      try expect(cell, family, after: .on(byTool: true), isOurs: true)
      #expect(try !isShownAsForeign(family))
      try run(cell, "on", family, "unchanged")
      #expect(family.signals == [["USR1"]])

      let isOffSeen = cell.isConfirmed(after: .offAgain(byTool: true))
      try run(cell, "off", family, isOffSeen ? "switched" : "unconfirmed", status: isOffSeen ? 0 : 4)
      #expect(family.become(verbose: false))
      try expect(cell, family, after: .offAgain(byTool: true), isOurs: false)
      #expect(family.signals == [["USR1", cell.signalOff]])
    }

    @Test(
      "switched by a bare signal behind the tool's back: left by revert, turned off by off",
      arguments: LevelCell.all)
    func foreign(_ cell: LevelCell) throws {
      let family = try StandInFamily(cell, in: scratch)
      family.signal(SIGUSR1)
      #expect(family.become(verbose: true))
      try expect(cell, family, after: .on(byTool: false), isOurs: false)
      #expect(try isShownAsForeign(family) == cell.expected(after: .on(byTool: false)).isOwnWord)

      #expect(try tool("revert", "--json").rows() == [])
      #expect(family.signals == [["USR1"]])
      #expect(family.truth.allSatisfy { $0 == true })
      if cell.expected(after: .on(byTool: false)).isOwnWord {
        try run(cell, "on", family, "unchanged")
        #expect(family.signals == [["USR1"]])
        try run(cell, "off", family, "switched")
        #expect(family.become(verbose: false))
        #expect(family.signals == [["USR1", cell.signalOff]])
        try expect(cell, family, after: .offAgain(byTool: true), isOurs: false)
      } else {
        // Nothing shows what others did: whoever must not be wrong asks for more than that.
        try run(cell, "off", family, "refused", status: 4, "--strict")
        #expect(family.signals == [["USR1"]])
      }
    }

    @Test("switched on and off again behind the tool's back", arguments: LevelCell.all)
    func foreignTwice(_ cell: LevelCell) throws {
      let family = try StandInFamily(cell, in: scratch)
      family.signal(SIGUSR1)
      #expect(family.become(verbose: true))
      usleep(20_000)
      family.signal(cell.dialect == .latch ? SIGUSR2 : SIGUSR1)
      #expect(family.become(verbose: false))
      try expect(cell, family, after: .offAgain(byTool: false), isOurs: false)
      #expect(try tool("revert", "--json").rows() == [])
      #expect(family.signals == [["USR1", cell.signalOff]])
    }

    @Test(
      "switched on by the tool and back by someone else: dropped without a signal", arguments: LevelCell.all)
    func switchedBack(_ cell: LevelCell) throws {
      let family = try StandInFamily(cell, in: scratch)
      let isOnSeen = cell.isConfirmed(after: .on(byTool: true))
      try run(cell, "on", family, isOnSeen ? "switched" : "unconfirmed", status: isOnSeen ? 0 : 4)
      #expect(family.become(verbose: true))
      usleep(20_000)
      family.signal(cell.dialect == .latch ? SIGUSR2 : SIGUSR1)
      #expect(family.become(verbose: false))
      // Nothing shows it of a stripped one: the ledger is believed, and what it says is wrong.
      guard cell.expected(after: .offAgain(byTool: false)).isOwnWord || cell.dialect == .latch else { return }
      let rows = try tool("status", "--json").rows()
      #expect(rows.map { $0["debug"]?.bool } == family.pids.map { _ in false })
      #expect(rows.allSatisfy { $0["by"]?.isNull == true })
      try run(cell, "revert", family, "unchanged")
      #expect(try tool("revert", "--json").rows() == [])
      #expect(family.signals == [["USR1", cell.signalOff]])
    }

    @Test("restarted: back at its own level, the old entry dropped, nothing sent", arguments: LevelCell.all)
    func restarted(_ cell: LevelCell) throws {
      let old = try StandInFamily(cell, in: scratch)
      _ = try tool.run(["on", cell.service, "--wait", "5s"] + cell.trust)
      #expect(old.become(verbose: true))
      old.end()
      let new = try StandInFamily(cell, in: scratch)
      try expect(cell, new, after: .nothing, isOurs: false)
      try run(cell, "revert", old, "vanished")
      #expect(try tool("revert", "--json").rows() == [])
      #expect(new.signals == [[]])
      #expect(new.truth.allSatisfy { $0 == false })
    }

    @Test(
      "stopped while a signal is pending: as it is now, then as it becomes, and none is added",
      arguments: LevelCell.all)
    func pending(_ cell: LevelCell) throws {
      let family = try StandInFamily(cell, in: scratch)
      family.signal(SIGSTOP)
      #expect(eventually { family.pids.allSatisfy { Kernel.state(of: $0) == "T" } })
      family.signal(SIGUSR1)
      #expect(eventually { family.pids.allSatisfy { Kernel.isPending(SIGUSR1, to: $0) } })
      try expect(cell, family, after: .nothing, isOurs: false)
      let rows = try tool("status", "--json").rows()
      #expect(rows.allSatisfy { $0["stopped"]?.bool == true && $0["signal_pending"]?.bool == true })
      for verb in ["on", "off", "toggle"] {
        let rows = try run(cell, verb, family, "failed", status: 4)
        #expect(rows.allSatisfy { $0["message"]?.string?.contains("pending") == true })
      }

      family.signal(SIGCONT)
      #expect(family.become(verbose: true))
      try expect(cell, family, after: .on(byTool: false), isOurs: false)
      #expect(try tool("revert", "--json").rows() == [])
      #expect(family.signals == [["USR1"]])
    }
  }
}

extension Tool.Run {
  /// What is on standard output as one line: a note in a table may go on in the next one.
  var prose: String { output.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
