import Glibc

/// Tells one process from every other that this machine has run: pids alone are reused.
///
/// A pid is given to another process only after the first has ended, and the start time of a process
/// (proc_pid_stat(5), field 22) never changes, not even by execve(2); the boot id separates one boot's
/// ticks from another's.
public struct ProcessIdentity: Hashable, Codable, Sendable {
  /// The boot that the process belongs to, `/proc/sys/kernel/random/boot_id`.
  public let bootID: String
  public let pid: Int32
  /// Clock ticks (sysconf(3), `_SC_CLK_TCK`) between boot and the start of the process.
  public let startTicks: UInt64

  public init(bootID: String, pid: Int32, startTicks: UInt64) {
    self.bootID = bootID
    self.pid = pid
    self.startTicks = startTicks
  }

  private enum CodingKeys: String, CodingKey {
    case pid
    case bootID = "boot_id"
    case startTicks = "start_ticks"
  }

  /// When the process started; too early by a tick at most.
  public var started: BootTime { BootTime(ticks: startTicks) }

  /// This process; `nil` if its start cannot be read.
  public static func ofThisProcess(bootID: String) -> ProcessIdentity? {
    guard let process = try? ProcessDirectory.open(pid: getpid(), proc: "/proc"),
      let stat = try? process.stat()
    else { return nil }
    return ProcessIdentity(bootID: bootID, pid: stat.pid, startTicks: stat.startTicks)
  }
}
