import Containers
import Processes
import Text

/// One process that this tool has switched.
public struct LedgerEntry: Hashable, Codable, Sendable {
  /// Who asked for a switch.
  public struct Actor: Hashable, Codable, Sendable {
    public var user: String
    /// The user who became `user` by sudo(8), from `SUDO_USER`.
    @OrNull public var sudoUser: String?
    /// The real user id of the tool's process.
    public var uid: UInt32

    public init(user: String, sudoUser: String? = nil, uid: UInt32) {
      self.user = user
      self.sudoUser = sudoUser
      self.uid = uid
    }

    private enum CodingKeys: String, CodingKey {
      case user, uid
      case sudoUser = "sudo_user"
    }
  }

  /// The last signal to the process.
  public struct SentSignal: Hashable, Codable, Sendable {
    public enum Progress: String, Hashable, Codable, Sendable, CaseIterable {
      /// Recorded before the signal was sent: whether it was sent is unknown if the tool has been killed
      /// since.
      case intended
      /// The kernel accepted it; the process has not yet been seen to act on it.
      case sent
      /// The process has taken it from its queue, and its event loop was idle afterwards; its level was not
      /// read.
      case taken
      /// The process was seen to act on it.
      case confirmed
    }

    /// The signal's name without `SIG`: `USR1` or `USR2`.
    public var signal: String
    /// Whether debug mode was asked for.
    public var wanted: Bool
    public var at: BootTime
    public var progress: Progress
    /// The process of this tool that sends it.
    public var sender: ProcessIdentity?

    public init(
      signal: String, wanted: Bool, at: BootTime, progress: Progress, sender: ProcessIdentity? = nil
    ) {
      self.sender = sender
      self.signal = signal
      self.wanted = wanted
      self.at = at
      self.progress = progress
    }

    private enum CodingKeys: String, CodingKey {
      case signal, progress, sender
      case wanted = "wanted_debug"
      case at = "at_boottime_ns"
    }
  }

  public var identity: ProcessIdentity { ProcessIdentity(bootID: bootID, pid: pid, startTicks: startTicks) }
  // The identity's parts are keys of the entry itself.
  private let bootID: String
  private let pid: Int32
  private let startTicks: UInt64
  /// The service's name in the catalogue.
  public var service: String
  public var executable: String
  /// The container that the process runs in, as known when it was switched.
  public var container: Container?
  public var dialect: String
  /// What this tool last switched the process to. `false`: taken back; the entry stays while the process
  /// lives, so that its level is known.
  public var debug: Bool
  /// When it was last switched.
  public var since: BootTime
  /// The same moment, only for display.
  public var sinceWall: WallTime
  /// When the switch is to be taken back; `nil`: never.
  public var deadline: Deadline?
  public var by: Actor
  public var reason: String?
  public var lastSignal: SentSignal?

  public init(
    identity: ProcessIdentity, service: String, executable: String, container: Container?,
    dialect: String, debug: Bool, since: BootTime, sinceWall: WallTime,
    deadline: Deadline?, by: Actor, reason: String?, lastSignal: SentSignal?
  ) {
    (bootID, pid, startTicks) = (identity.bootID, identity.pid, identity.startTicks)
    self.service = service
    self.executable = executable
    self.container = container?.recorded
    self.dialect = dialect
    self.debug = debug
    self.since = since
    self.sinceWall = sinceWall
    self.deadline = deadline
    self.by = by
    self.reason = reason
    self.lastSignal = lastSignal
  }

  private enum CodingKeys: String, CodingKey {
    case pid, service, executable, container, dialect, debug, by, reason
    case bootID = "boot_id"
    case startTicks = "start_ticks"
    case since = "since_boottime_ns"
    case sinceWall = "since_wall_ns"
    case deadline = "deadline_boottime_ns"
    case lastSignal = "last_signal"
  }

  /// Why this entry must not be in a state file; `nil` if it may be.
  ///
  /// Pid 1 is the machine's own init, and kill(2) gives 0 and negative numbers other meanings, so an entry
  /// with one of them was not written by this tool.
  var flaw: String? {
    // In a container's own pid namespace a service is 1.
    if identity.pid < 1 { return "pid \(identity.pid) cannot be a service" }
    if identity.bootID.isEmpty { return "pid \(identity.pid) has an empty boot_id" }
    if sinceWall.nanoseconds < 0
      || [since, deadline, lastSignal?.at].contains(where: { $0?.nanoseconds ?? 0 < 0 })
    {
      return "pid \(identity.pid) has a negative time"
    }
    return nil
  }
}
