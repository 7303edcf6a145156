import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Random sequences of commands, foreign signals, restarts and pauses. Whatever came before, the level that
  /// is reported is the true one, and what was asked for is had, or is said not to be.
  ///
  /// `PLACEOS_LOGLEVEL_INTERLEAVINGS` says how many; `PLACEOS_LOGLEVEL_SEED` makes the first of them the one
  /// that a failure has named.
  @Suite("Random interleavings") struct Interleavings {
    @Test("the reported level is the true one, and on and off end where they were asked to")
    func interleavings() throws {
      let count = TestMachine.variable("PLACEOS_LOGLEVEL_INTERLEAVINGS").flatMap(Int.init) ?? 40
      let first =
        TestMachine.variable("PLACEOS_LOGLEVEL_SEED").flatMap { UInt64($0) } ?? 1
      let scratch = Scratch()
      var tally = Interleaving.Tally()
      let start = monotonicSeconds()
      for seed in first..<first + UInt64(count) {
        var interleaving = try Interleaving(seed: seed, in: scratch)
        try interleaving.run()
        tally.add(interleaving.tally)
        if interleaving.problems.isEmpty { continue }
        Issue.record(
          """
          PLACEOS_LOGLEVEL_SEED=\(seed) PLACEOS_LOGLEVEL_INTERLEAVINGS=1
          \(interleaving.problems.joined(separator: "\n"))
          after:
          \(interleaving.story.joined(separator: "\n"))
          """)
        // Each takes its time, and the first few tell what is wrong.
        if tally.failed >= 3 { break }
      }
      let seconds = Int(monotonicSeconds() - start)
      print("interleavings: PLACEOS_LOGLEVEL_SEED=\(first), \(count) of them in \(seconds) s: \(tally)")
      // And it was not for want of anything to see.
      #expect(count < 20 || tally.compared > count && tally.toolSignals > 0 && tally.foreignSignals > 0)
    }
  }
}
