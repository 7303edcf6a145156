import Glibc
import Processes

/// The command of `run`.
final class ChildCommand {
  private let program: ChildProgram
  /// Becomes readable when it ends.
  var descriptor: Int32 { program.descriptor }

  /// Starts it, with this program's standard streams and environment.
  ///
  /// - Returns: `nil` if there is no room for another process.
  init?(_ words: [String]) {
    let program = try? ChildProgram(words, endsWithParent: false) { Console.remark("\(words[0]): \($0)") }
    guard let program else { return nil }
    self.program = program
    // Left to the command: this program has to be there afterwards.
    signal(SIGQUIT, SIG_IGN)
  }

  /// Passes a signal on. Signals from the terminal already go to both.
  func forward(_ signal: Int32) {
    if signal == SIGINT, tcgetpgrp(STDIN_FILENO) == getpgrp() { return }
    program.signal(signal)
  }

  /// The exit status, or 128 plus the number of the signal that ended it; `nil` while it runs.
  func exitStatus() -> Int32? { program.exitStatus() }
}
