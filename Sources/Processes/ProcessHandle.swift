import CLinux
import Glibc
import SystemPackage

/// A hold on one process, and the only thing in the program that can send a signal.
///
/// It owns a pidfd (pidfd_open(2)), which stays with its process: when the process has ended, a signal
/// fails with ESRCH and can never reach another that was given the same pid. The folder `/proc/PID` is
/// opened while the pidfd is open and compared with the identity, so that what is read through
/// ``directory`` and what is signalled are the same process.
public struct ProcessHandle: ~Copyable {
  public let identity: ProcessIdentity
  public let directory: ProcessDirectory
  private let pidfd: FileDescriptor

  /// Takes hold of a process.
  ///
  /// - Returns: `nil` if it is gone, or its pid belongs to another process by now.
  /// - Throws: `HostError.process` where the kernel refuses (no pidfd before Linux 5.3: ENOSYS).
  public static func open(_ identity: ProcessIdentity, proc: FilePath) throws(HostError) -> ProcessHandle? {
    let raw = clinux_pidfd_open(identity.pid)
    guard raw >= 0 else {
      let code = Errno(rawValue: errno)
      // EINVAL, or ENOENT (seen on Linux 6.18): the pid is that of a thread, not of a process.
      if code == .noSuchProcess || code == .invalidArgument || code == .noSuchFileOrDirectory { return nil }
      throw .process(pid: identity.pid, call: "pidfd_open", code)
    }
    let pidfd = FileDescriptor(rawValue: raw)
    do {
      guard let directory = try ProcessDirectory.open(pid: identity.pid, proc: proc),
        try directory.stat().startTicks == identity.startTicks
      else {
        try? pidfd.close()
        return nil
      }
      return ProcessHandle(identity: identity, directory: directory, pidfd: pidfd)
    } catch {
      try? pidfd.close()
      if error.isProcessGone { return nil }
      throw error
    }
  }

  private init(identity: ProcessIdentity, directory: consuming ProcessDirectory, pidfd: FileDescriptor) {
    self.identity = identity
    self.directory = directory
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

  /// What becomes readable when the process has ended, for poll(2) together with other descriptors.
  public var descriptor: Int32 { pidfd.rawValue }

  /// Whether the process has ended: a pidfd becomes readable then, pidfd_open(2).
  public var hasEnded: Bool {
    var entry = pollfd(fd: pidfd.rawValue, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 1
  }
}
