import Containers
import Processes

/// One process that this tool has switched.
public struct LedgerEntry: Hashable, Sendable {
  /// The container that the process runs in, as it was known when it was switched.
  public struct Container: Hashable, Sendable {
    public var runtime: String
    public var id: String
    public var name: String?
    public var image: String?
    public var podNamespace: String?
    public var podName: String?
    /// The container's name within its pod.
    public var podContainer: String?

    public init(
      runtime: String, id: String, name: String? = nil, image: String? = nil,
      podNamespace: String? = nil, podName: String? = nil, podContainer: String? = nil
    ) {
      self.runtime = runtime
      self.id = id
      self.name = name
      self.image = image
      self.podNamespace = podNamespace
      self.podName = podName
      self.podContainer = podContainer
    }

    /// What the ledger keeps of a container.
    public init(_ container: Containers.Container) {
      self.init(
        runtime: container.runtime.rawValue, id: container.id, name: container.name,
        image: container.image, podNamespace: container.pod?.namespace,
        podName: container.pod?.name, podContainer: container.pod?.container)
    }
  }

  /// Who asked for a switch.
  public struct Actor: Hashable, Sendable {
    public var user: String
    /// The user who became `user` by sudo(8), from `SUDO_USER`.
    public var sudoUser: String?
    /// The real user id of the tool's process.
    public var uid: UInt32

    public init(user: String, sudoUser: String? = nil, uid: UInt32) {
      self.user = user
      self.sudoUser = sudoUser
      self.uid = uid
    }
  }

  /// The last signal to the process.
  public struct SentSignal: Hashable, Sendable {
    public enum Progress: String, Hashable, Sendable, CaseIterable {
      /// Recorded before the signal was sent: whether it was sent is not known, should the tool have been
      /// killed since.
      case intended
      /// The kernel took it; the process was not yet seen to act on it.
      case sent
      /// The process has taken it from its queue, and its event loop was idle afterwards; its level was not read.
      case taken
      /// The process was seen to act on it.
      case confirmed
    }

    /// The signal's name without `SIG`: `USR1` or `USR2`.
    public var signal: String
    /// Whether debug mode was asked for.
    public var wanted: Bool
    /// When, on the boot-time clock.
    public var atBoottimeNs: Int64
    public var progress: Progress
    /// The process of this tool that sends it.
    public var sender: ProcessIdentity?

    public init(
      signal: String, wanted: Bool, atBoottimeNs: Int64, progress: Progress, sender: ProcessIdentity? = nil
    ) {
      self.sender = sender
      self.signal = signal
      self.wanted = wanted
      self.atBoottimeNs = atBoottimeNs
      self.progress = progress
    }
  }

  public let identity: ProcessIdentity
  /// The service's name in the catalogue.
  public var service: String
  public var executable: String
  public var container: Container?
  public var dialect: String
  /// What this tool last switched the process to. `false`: taken back; the entry stays while the process
  /// lives, so that its level is known.
  public var debug: Bool
  /// When it was last switched, on the boot-time clock.
  public var sinceBoottimeNs: Int64
  /// The same moment in nanoseconds after the epoch; for showing only.
  public var sinceWallNs: Int64
  /// When the switch is to be taken back, on the boot-time clock; `nil`: never.
  public var deadlineBoottimeNs: Int64?
  public var by: Actor
  public var reason: String?
  public var lastSignal: SentSignal?

  public init(
    identity: ProcessIdentity, service: String, executable: String, container: Container?,
    dialect: String, debug: Bool, sinceBoottimeNs: Int64, sinceWallNs: Int64,
    deadlineBoottimeNs: Int64?, by: Actor, reason: String?, lastSignal: SentSignal?
  ) {
    self.identity = identity
    self.service = service
    self.executable = executable
    self.container = container
    self.dialect = dialect
    self.debug = debug
    self.sinceBoottimeNs = sinceBoottimeNs
    self.sinceWallNs = sinceWallNs
    self.deadlineBoottimeNs = deadlineBoottimeNs
    self.by = by
    self.reason = reason
    self.lastSignal = lastSignal
  }

  /// Why this entry must not be in a state file; `nil` where it may be.
  ///
  /// Pid 1 is the machine's own init and kill(2) gives 0 and negative numbers other meanings, so an entry
  /// with one of them was not written by this tool.
  var flaw: String? {
    if identity.pid <= 1 { return "pid \(identity.pid) is no service's" }
    if identity.bootID.isEmpty { return "pid \(identity.pid) has an empty boot_id" }
    if sinceBoottimeNs < 0 || sinceWallNs < 0 || deadlineBoottimeNs ?? 0 < 0
      || lastSignal?.atBoottimeNs ?? 0 < 0
    {
      return "pid \(identity.pid) has a negative time"
    }
    return nil
  }
}
