import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("status --watch, on a terminal") struct Watch {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// A terminal with a shell in it; tmux(1). Ended with this value.
    final class Terminal {
      private let socket: String

      init(_ scratch: Scratch, columns: Int = 110, rows: Int = 24) throws {
        socket = scratch("tmux")
        try tmux("-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "/bin/sh")
      }

      deinit { _ = try? tmux("kill-server") }

      @discardableResult
      private func tmux(_ words: String...) throws -> String {
        try Command.run(
          "/usr/bin/tmux", ["-S", socket] + words,
          environment: ["TERM": "screen", "LC_ALL": "C.UTF-8", "PS1": "$ "]
        ).output
      }

      func type(_ line: String) throws { try tmux("send-keys", "-l", line + "\n") }
      func press(_ key: String) throws { try tmux("send-keys", key) }
      /// What is to be seen now.
      func screen() throws -> String { try tmux("capture-pane", "-p") }
      func shows(_ text: String) throws -> Bool { try eventually { try screen().contains(text) } }
    }

    private func watch(_ terminal: Terminal) throws {
      let line = "\(tool.program) status --watch --state-dir \(tool.stateDirectory)"
      try terminal.type(
        "clear; stty -a >\(scratch("before")); \(line); echo ended with $?; stty -a >\(scratch("after"))")
    }

    @Test("the level is redrawn in place, and q leaves the terminal as it was")
    func live() throws {
      let api = try StandIn(
        "toggle-static", as: "rest-api", environment: ["LOG_LEVEL": "warn"], in: scratch)
      let terminal = try Terminal(scratch)
      try watch(terminal)
      #expect(try terminal.shows("q ends"))
      #expect(try terminal.shows("warn"))
      #expect(try tool("on", "api", "--for", "30m", "--reason", "INC-7").status == 0)
      #expect(try terminal.shows("trace"))
      #expect(try terminal.shows("INC-7"))
      #expect(try terminal.shows("in 29m"))
      // What it writes is measured from one look to the next.
      #expect(try terminal.shows("/s"))
      let screen = try terminal.screen()
      #expect(screen.components("SERVICE") == 1, "\(screen)")
      #expect(!screen.contains("warn "))
      try terminal.press("q")
      #expect(try terminal.shows("ended with 0"))
      #expect(try !terminal.screen().contains("q ends"))
      #expect(eventually { Files.exists(scratch("after")) })
      #expect(eventually { Files.text(scratch("after")) == Files.text(scratch("before")) })
      #expect(api.signals() == ["USR1"])
    }

    @Test(
      "on a small terminal it scrolls: every process and every reason is to be seen",
      arguments: [(80, 24), (60, 12)])
    func small(columns: Int, rows: Int) throws {
      let services = ["rest-api", "triggers", "staff-api", "dispatch", "search-ingest", "frontends"]
      let standIns = try services.map { try StandIn("toggle-static", as: $0, in: scratch) }
      let edge = try StandIn("none-static", as: "/edge", in: scratch)
      let driver = try StandIn("driver-static", as: DialectSample.driverPath, ["-p"], in: scratch)
      #expect(try tool("on", "api", "--reason", "INC-7 slow bookings").status == 0)
      let terminal = try Terminal(scratch, columns: columns, rows: rows)
      try watch(terminal)
      #expect(try terminal.shows("every second"))
      var seen = try terminal.screen()
      for _ in 0..<12 {
        try terminal.press("j")
        try terminal.press("j")
        _ = eventually { ((try? terminal.screen()) ?? "") != seen }
        seen += try terminal.screen()
      }
      let words = seen.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      for pid in standIns.map(\.pid) + [edge.pid, driver.pid] {
        #expect(seen.contains(" \(pid) "), "\(seen)")
      }
      for text in ["driver/place_meet", "INC-7 slow bookings", "no SIGUSR1 handler"] {
        #expect(words.contains(text), "\(text): \(seen)")
      }
      try terminal.press("q")
      #expect(try terminal.shows("ended with 0"))
      #expect(try tool("off", "api").status == 0)
    }

    @Test("Ctrl-C ends it too, and leaves the terminal as it was")
    func interrupted() throws {
      let terminal = try Terminal(scratch)
      try watch(terminal)
      #expect(try terminal.shows("no PlaceOS process runs on this host"))
      try terminal.press("C-c")
      #expect(try terminal.shows("ended with 130"))
      #expect(eventually { Files.text(scratch("after")) == Files.text(scratch("before")) })
    }

    @Test("without a terminal, and with --json, it is an error of use")
    func noTerminal() throws {
      let run = try tool("status", "--watch")
      #expect(run.status == 2)
      #expect(run.errors.contains("--watch needs a terminal"))
      #expect(try tool("status", "--watch", "--json").status == 2)
    }
  }
}

extension String {
  /// How often `word` is in it.
  fileprivate func components(_ word: String) -> Int { split(separator: word).count - 1 }
}
