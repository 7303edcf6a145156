import Testing

extension EndToEnd {
  @Suite("logrotate") struct LogrotateTests {
    let scratch = Scratch()

    @Test("the installed entry rotates the real history, and history shows old lines and new ones")
    func rotate() throws {
      let tool = try Installation()
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--reason", "before").status == 0)
      #expect(try tool("off", "api", "--reason", "before").status == 0)
      #expect(try reasons(tool) == ["before", "before"])

      func rotate() throws {
        let run = try Command.run(
          "/usr/sbin/logrotate", ["--force", "--state", scratch("rotated"), Installation.logrotateEntry])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
      }
      try rotate()
      #expect(Files.exists(Installation.history + ".1"))
      #expect(Files.text(Installation.history).isEmpty)
      #expect(try reasons(tool) == ["before", "before"])

      #expect(try tool("on", "api", "--reason", "after").status == 0)
      #expect(try tool("revert", "--reason", "after").status == 0)
      #expect(try reasons(tool) == ["before", "before", "after", "after"])
      #expect(try tool("history").output.split(separator: "\n").count == 5)
      #expect(api.becomes(verbose: false))

      try rotate()
      #expect(Files.exists(Installation.history + ".2.gz"))
      #expect(try reasons(tool) == ["before", "before", "after", "after"])
      // Nothing new: nothing to rotate.
      try rotate()
      #expect(!Files.exists(Installation.history + ".3.gz"))
      #expect(try reasons(tool) == ["before", "before", "after", "after"])
    }

    private func reasons(_ tool: Installation) throws -> [String] {
      let run = try tool("history", "--json")
      #expect(run.status == 0)
      #expect(try run.json()["damaged_lines"]?.int == 0)
      return try run.json()["entries"]?.array?.compactMap { $0["reason"]?.string } ?? []
    }
  }
}
