import Testing

extension EndToEnd {
  /// A short one of the bad nights of `scripts/chaos`, always with the same seed.
  @Suite("A bad night") struct Chaos {
    @Test("no process is hurt, no command lost, and everything comes back to normal")
    func shortNight() throws {
      let run = try Command.run(
        TestMachine.checkout + "/scripts/chaos", ["--seed", "1", "--seconds", "12"],
        environment: [
          "PLACEOS_LOGLEVEL_TEST_MACHINE": "1", "PLACEOS_LOGLEVEL_BINARY": TestMachine.program,
          "PLACEOS_LOGLEVEL_FIXTURES": TestMachine.fixture(""),
        ])
      #expect(run.status == 0, "\(run.errors)\(run.output)")
      // The count at the end of a line of the table.
      func count(_ label: String) -> Int {
        let line = run.output.split(separator: "\n").first { $0.hasPrefix(label) }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? -1
      }
      // And it was not for want of anything to hurt.
      #expect(count("chances") > 3_000, "\(run.output)")
      #expect(count("… with a pid that a service had before") > 0)
      #expect(count("64 at once: signals") > 10)
      #expect(count("killed at a random moment") > 0)
      #expect(count("killed at a system call") > 5)
      #expect(count("state files with a bit flipped") > 20)
      #expect(count("signals to a process not meant to get one") == 0)
      #expect(count("services killed") == 0)
      #expect(run.output.contains("Every promise of placeos-loglevel was kept."))
    }
  }
}
