import Glibc

/// What tells one process from every other that this machine has run: a pid alone is used again.
///
/// A pid is given to another process only after the first has ended, and the start time of a process
/// (proc_pid_stat(5), field 22) never changes, not even by execve(2); the boot id separates one boot's
/// ticks from another's.
public struct ProcessIdentity: Hashable, Sendable {
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
  /// When the process started, nanoseconds on the boot-time clock; a tick's length at most too early.
  public var startedBoottimeNs: Int64 { Int64(clamping: startTicks) &* Self.nsPerTick }

  private static let nsPerTick = 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))

  /// This very process; `nil` where its start cannot be read.
  public static func ofThisProcess(bootID: String) -> ProcessIdentity? {
    guard let process = try? ProcessDirectory.open(pid: getpid(), proc: "/proc"),
      let stat = try? process.stat()
    else { return nil }
    return ProcessIdentity(bootID: bootID, pid: stat.pid, startTicks: stat.startTicks)
  }
}
