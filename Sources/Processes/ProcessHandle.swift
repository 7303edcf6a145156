import CLinux
import Glibc
import SystemPackage

/// A hold on one process, and the only thing in the program that can send a signal.
///
/// It owns a pidfd (pidfd_open(2)), which stays with its process: when the process has ended, a signal
/// fails with ESRCH and can never reach another that was given the same pid. The folder `/proc/PID` is
/// opened while the pidfd is open and its process lives, so ``directory`` and the signal are for the same
/// process.
public struct ProcessHandle: ~Copyable {
  public let identity: ProcessIdentity
  public let directory: ProcessDirectory
  /// The process as it was when it was opened.
  public let stat: ProcStat
  private let pidfd: FileDescriptor

  /// Opens the process that has a pid now.
  ///
  /// - Returns: `nil` if there is none: the pid is unused, or a thread's.
  /// - Throws: `HostError.process` where the kernel refuses (no pidfd before Linux 5.3: ENOSYS; no descriptor
  ///   left: EMFILE).
  public static func open(pid: Int32, bootID: String, proc: FilePath) throws(HostError) -> ProcessHandle? {
    let raw = clinux_pidfd_open(pid)
    guard raw >= 0 else {
      let code = Errno(rawValue: errno)
      // EINVAL, or ENOENT (seen on Linux 6.18): the pid is that of a thread, not of a process.
      if code == .noSuchProcess || code == .invalidArgument || code == .noSuchFileOrDirectory { return nil }
      throw .process(pid: pid, call: "pidfd_open", code)
    }
    let pidfd = FileDescriptor(rawValue: raw)
    do {
      guard let directory = try ProcessDirectory.open(pid: pid, proc: proc) else {
        try? pidfd.close()
        return nil
      }
      let stat = try directory.stat()
      // If the process lives after its folder was opened, the pid was its own at that time. If one has ended
      // and the other has not, they are two processes.
      guard !hasEnded(pidfd) || stat.hasEnded else {
        try? pidfd.close()
        return nil
      }
      return ProcessHandle(
        identity: ProcessIdentity(bootID: bootID, pid: pid, startTicks: stat.startTicks),
        directory: directory, stat: stat, pidfd: pidfd)
    } catch {
      try? pidfd.close()
      if error.isProcessGone { return nil }
      throw error
    }
  }

  /// Opens one particular process.
  ///
  /// - Returns: `nil` if it is gone, or another process has its pid by now.
  /// - Throws: as ``open(pid:bootID:proc:)``.
  public static func open(_ identity: ProcessIdentity, proc: FilePath) throws(HostError) -> ProcessHandle? {
    guard let handle = try open(pid: identity.pid, bootID: identity.bootID, proc: proc) else { return nil }
    guard handle.identity == identity else { return nil }
    return handle
  }

  private init(
    identity: ProcessIdentity, directory: consuming ProcessDirectory, stat: ProcStat, pidfd: FileDescriptor
  ) {
    self.identity = identity
    self.directory = directory
    self.stat = stat
    self.pidfd = pidfd
  }

  deinit { try? pidfd.close() }

  /// Sends a signal, pidfd_send_signal(2).
  ///
  /// - Parameter signal: `SIGUSR1` or `SIGUSR2`; nothing else is ever sent.
  /// - Throws: `HostError.process` with ESRCH when the process has ended, EPERM without the right to.
  public func send(_ signal: Int32) throws(HostError) {
    precondition(signal == SIGUSR1 || signal == SIGUSR2)
    guard clinux_pidfd_send_signal(pidfd.rawValue, signal) == 0 else {
      throw .process(pid: identity.pid, call: "pidfd_send_signal", Errno(rawValue: errno))
    }
  }

  /// Becomes readable when the process has ended, for poll(2) together with other descriptors.
  public var descriptor: Int32 { pidfd.rawValue }

  /// Whether the process has ended, with all its threads: its pidfd is then readable, pidfd_open(2). If only
  /// its main thread has ended, it shows as a zombie and lives.
  public var hasEnded: Bool { Self.hasEnded(pidfd) }

  private static func hasEnded(_ pidfd: FileDescriptor) -> Bool {
    var entry = pollfd(fd: pidfd.rawValue, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 1
  }
}
