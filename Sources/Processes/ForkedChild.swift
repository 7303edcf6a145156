import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A copy of this process as it is now, fork(2), that does one thing and exits with its parent.
///
/// Reading what others control can hang for good: a page or a file on a FUSE or NFS mount whose server no
/// longer answers puts the reader into uninterruptible sleep, and a thread in that sleep keeps its whole
/// process from exiting. A child can be left behind. Whatever goes wrong in it, a crash included, affects
/// only that one look.
///
/// It has everything that is open and known here, except what was ``withhold(_:)``.
public final class ForkedChild {
  public let pid: pid_t

  /// - Parameters:
  ///   - ownEnd: the parent's end of the channel between them; closed in the child.
  ///   - childsEnd: the child's end; closed in the parent.
  ///   - body: what the child does. It is called only in the child.
  /// - Throws: `HostError.call` where the system has no room for a further process; both ends are closed then.
  public init(ownEnd: Int32, childsEnd: Int32, _ body: () -> Never) throws(HostError) {
    let parent = getpid()
    // Before the fork: a lock held by another thread at that moment stays held in the child for ever.
    let withheld = Self.withheld.withLock { $0 }
    let pid = clinux_fork()
    if pid == 0 {
      close(ownEnd)
      // It exits when its parent does; signals that ask to end (Ctrl-C goes to both) are the parent's to
      // answer.
      guard clinux_end_with_parent() == 0, getppid() == parent else { _exit(0) }
      for file in withheld { close(file) }
      for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { signal(number, SIG_IGN) }
      body()
    }
    let code = Errno(rawValue: errno)
    close(childsEnd)
    guard pid > 0 else {
      close(ownEnd)
      throw .call("fork", code)
    }
    self.pid = pid
  }

  /// Lowers its priority: long work must not slow down others; nice(2).
  public func stepBack() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(pid), 19) }

  /// How often it has been given a processor, if it waits for something else now; Documentation/scheduler/sched-stats.rst
  /// of the kernel, the third number of `/proc/PID/schedstat`. One that waits for long and is never given one is stuck.
  ///
  /// - Returns: `nil` where it runs, or waits for a processor, or that cannot be told.
  public var turnsBeforeThisWait: UInt64? {
    guard let process = try? ProcessDirectory.open(pid: pid, proc: "/proc"),
      let state = try? process.stat().state, state != UInt8(ascii: "R"),
      let bytes = try? process.bytes(of: "schedstat", limitBytes: 128)
    else { return nil }
    let numbers = bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    return numbers.count == 3 ? UInt64(ascii: numbers[2]) : nil
  }

  /// Ends the child. One in uninterruptible sleep is left behind, and ends when it wakes.
  deinit {
    kill(pid, SIGKILL)
    Self.reap(adding: pid)
  }

  /// Children that were told to end and had not yet: a long-lived process must not collect them.
  nonisolated(unsafe) private static var ending: [pid_t] = []

  private static func reap(adding pid: pid_t) {
    ending.append(pid)
    ending.removeAll { waitpid($0, nil, WNOHANG) != 0 }
  }

  // MARK: what children do not get

  private static let withheld = Mutex<Set<Int32>>([])

  /// Keeps an open file from children: a lock on it lives as long as any copy of its descriptor, fork(2).
  public static func withhold(_ file: FileDescriptor) { _ = withheld.withLock { $0.insert(file.rawValue) } }

  /// The file is closed, or about to be.
  public static func release(_ file: FileDescriptor) { _ = withheld.withLock { $0.remove(file.rawValue) } }
}
