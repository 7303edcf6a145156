import Glibc
import TestSupport

/// A stand-in and its workers, which end with it.
final class StandInFamily {
  let standIn: StandIn
  /// The parent's first.
  let pids: [Int32]

  struct NotComplete: Error { let pids: [Int32] }

  /// Starts a stand-in and waits until each of its processes is ready.
  init(_ cell: LevelCell, environment: [String: String] = [:], in scratch: Scratch) throws {
    let standIn = try StandIn(
      cell.fixture, as: cell.path, cell.arguments, environment: environment, in: scratch)
    var pids: [Int32] = []
    let isComplete = eventually {
      pids = [standIn.pid] + Kernel.children(of: standIn.pid)
      return pids.count == cell.processCount && pids.allSatisfy { standIn.isVerbose(pid: $0) != nil }
    }
    // Its lines tell the second: those of the first one could be an earlier process's.
    if cell.build == .stripped, cell.tellsInLog { usleep(1_100_000) }
    self.standIn = standIn
    self.pids = pids
    guard isComplete else { throw NotComplete(pids: pids) }
  }

  deinit { end() }

  /// Ends all of them, and waits until the last is gone.
  func end() {
    standIn.child.end()
    _ = eventually { pids.allSatisfy { Kernel.state(of: $0).map { $0 == "Z" } ?? true } }
  }

  /// Sends a signal to each, as `kill` would.
  func signal(_ number: Int32) { for pid in pids { kill(pid, number) } }

  /// Whether each is in debug mode, by its own word.
  var truth: [Bool?] { pids.map { standIn.isVerbose(pid: $0) } }

  /// Waits until each has the level, by its own word.
  func become(verbose: Bool) -> Bool { pids.allSatisfy { standIn.becomes(verbose: verbose, pid: $0) } }

  /// The signals that each has acted upon; one value where all have had the same.
  var signals: [[String]] {
    let signals = pids.map { standIn.signals(pid: $0) }
    return Set(signals).count == 1 ? [signals[0]] : signals
  }
}

extension Kernel {
  /// The processes that a process with one thread has started; proc_tid_children(5).
  static func children(of pid: Int32) -> [Int32] {
    Files.text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { Int32($0) }
  }
}
