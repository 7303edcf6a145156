import Glibc
import TestSupport

/// The agent under test, in the foreground; ended with its test.
final class RunningAgent {
  let child: Child
  private let logFile: String

  struct NotReady: Error { let log: String }

  /// Without a guard: how full the disks of the test machine are is no business of a test.
  static let unguarded = "{guard: {free_percent: 0, free_bytes: 0, write_bytes_per_second: 0}}"

  /// Starts it on the tool's state directory and waits until it keeps deadlines.
  init(
    _ tool: Tool, configuration: String = unguarded, environment: [String: String] = [:],
    logFile: String? = nil
  ) throws {
    let file = logFile ?? tool.scratch("agent-\(Self.numbers.next()).log")
    self.logFile = file
    try Files.write(Array(configuration.utf8), to: tool.scratch("config.json"))
    var variables = [
      "PLACEOS_LOGLEVEL_STATE_DIR": tool.stateDirectory,
      "PLACEOS_LOGLEVEL_CONFIG": tool.scratch("config.json"),
    ]
    variables.merge(environment) { $1 }
    child = try Child(tool.program, ["agent"], environment: variables, output: file)
    let child = child
    let isReady = eventually { Files.text(file).contains("agent started") || !child.isRunning }
    guard isReady, child.isRunning else {
      throw NotReady(log: log)
    }
  }

  /// Its log so far.
  var log: String { Files.text(logFile) }

  /// Waits until a line of its log holds all of these.
  func says(_ words: String...) -> Bool {
    eventually { log.split(separator: "\n").contains { line in words.allSatisfy { line.contains($0) } } }
  }

  private static let numbers = Counter()
}

extension StandIn {
  /// Waits until it is out of debug mode, by its own word, after so many signals. The word alone could be from
  /// before the first: the tool sees the flag flip before the stand-in has written a file.
  func isReverted(after signals: Int = 2) -> Bool {
    eventually { isVerbose() == false && self.signals().count == signals }
  }
}
