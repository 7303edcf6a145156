import CLinux
import Glibc

/// The command of `run`.
final class ChildCommand {
  private let pid: pid_t
  /// Becomes readable when it ends.
  let descriptor: Int32

  /// Starts it, with this program's standard streams and environment.
  ///
  /// - Returns: `nil` where there is no room for a further process.
  init?(_ words: [String]) {
    let arguments = words.map { strdup($0) } + [nil]
    pid = clinux_fork()
    if pid == 0 {
      // What this program ignores or handles is as it was for the command; execve(2) resets handlers alone.
      for number in [SIGPIPE, SIGXFSZ, SIGQUIT] { signal(number, SIG_DFL) }
      execvp(words[0], arguments)
      let code = errno
      Console.remark("\(words[0]): \(String(cString: strerror(code)))")
      // As shells have it.
      _exit(code == ENOENT ? 127 : 126)
    }
    for argument in arguments { free(argument) }
    guard pid > 0 else { return nil }
    descriptor = clinux_pidfd_open(pid)
    // The command's affair: this program has to be there afterwards.
    signal(SIGQUIT, SIG_IGN)
  }

  deinit { close(descriptor) }

  /// Hands a signal on. What the terminal sends goes to both of them already.
  func forward(_ signal: Int32) {
    if signal == SIGINT, tcgetpgrp(STDIN_FILENO) == getpgrp() { return }
    kill(pid, signal)
  }

  /// The exit status, 128 and the number of the signal that ended it; `nil` while it runs.
  func exitStatus() -> Int32? {
    var raw: Int32 = 0
    guard waitpid(pid, &raw, WNOHANG) == pid else { return nil }
    return raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + (raw & 0x7f)
  }
}
