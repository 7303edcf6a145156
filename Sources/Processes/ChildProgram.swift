import CLinux
import Glibc
import SystemPackage

/// Another program, run as a child of this one: fork(2), execvp(3).
public final class ChildProgram {
  public let pid: pid_t
  /// Becomes readable when the program ends.
  public let descriptor: Int32
  private var status: Int32?

  /// Starts it, with this program's environment.
  ///
  /// - Parameters:
  ///   - input: its standard input, an open descriptor; `nil`: this program's own. The others likewise.
  ///   - endsWithParent: whether the kernel ends it when this program ends, however that ends.
  ///   - failing: called in the child if the program cannot be run; ``exitStatus(waits:)`` is then 127 if it
  ///     does not exist, and 126 if it may not be run.
  /// - Throws: `HostError.call` where the system has no room for a further process.
  public init(
    _ words: [String], input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil,
    endsWithParent: Bool = true, failing: (Errno) -> Void = { _ in }
  ) throws(HostError) {
    let parent = getpid()
    let arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    let pid = clinux_fork()
    if pid == 0 {
      if endsWithParent {
        guard clinux_end_with_parent() == 0, getppid() == parent else { _exit(0) }
      }
      // execve(2) resets handlers, but not ignored signals: what this program ignores is restored.
      for number in [SIGPIPE, SIGXFSZ, SIGQUIT] { Glibc.signal(number, SIG_DFL) }
      let streams = [(input, STDIN_FILENO), (output, STDOUT_FILENO), (errors, STDERR_FILENO)]
      for (own, stream) in streams where own != nil { dup2(own!, stream) }
      execvp(words[0], arguments)
      let code = Errno(rawValue: errno)
      failing(code)
      // As shells do.
      _exit(code == .noSuchFileOrDirectory ? 127 : 126)
    }
    guard pid > 0 else { throw .call("fork", Errno(rawValue: errno)) }
    self.pid = pid
    descriptor = clinux_pidfd_open(pid)
  }

  /// A program that is still running is left alone.
  deinit { close(descriptor) }

  /// Its exit status, or 128 plus the number of the signal that ended it; `nil` while it runs.
  ///
  /// - Parameter waits: whether to wait for its end.
  public func exitStatus(waits: Bool = false) -> Int32? {
    if let status { return status }
    var raw: Int32 = 0
    var found: pid_t
    repeat { found = waitpid(pid, &raw, waits ? 0 : WNOHANG) } while found < 0 && errno == EINTR
    guard found == pid else { return nil }
    status = raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + (raw & 0x7f)
    return status
  }

  /// Sends it a signal, unless it has ended.
  public func signal(_ number: Int32) {
    if exitStatus() == nil { kill(pid, number) }
  }
}
