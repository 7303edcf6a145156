import Glibc
import SystemPackage
import Text

/// Where this program runs, as far as that affects what it may do and what it advises.
public struct Surroundings: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A system with its own services: cron or systemd can keep deadlines.
    case host
    case container
    /// A Kubernetes container.
    case pod
    /// An Amazon ECS container.
    case task
  }

  /// What shows where this is.
  public struct Marks: Hashable, Sendable {
    /// systemd is the init system, or a cron daemon is installed; sd_booted(3).
    public var hasServices: Bool
    /// `/.dockerenv` (Docker) or `/run/.containerenv` (Podman).
    public var hasContainerFile: Bool
    /// The environment of this process.
    public var environment: [String: String]

    public init(hasServices: Bool, hasContainerFile: Bool, environment: [String: String]) {
      self.hasServices = hasServices
      self.hasContainerFile = hasContainerFile
      self.environment = environment
    }
  }

  public var kind: Kind
  /// Whether the visible processes are those of a separate pid namespace; pid_namespaces(7).
  public var hasOwnProcesses: Bool
  /// The effective user, and its group.
  public var userID: UInt32
  public var groupID: UInt32
  /// Its capabilities.
  public var capabilities: Capabilities

  public init(
    kind: Kind, hasOwnProcesses: Bool, userID: UInt32, groupID: UInt32, capabilities: Capabilities
  ) {
    self.kind = kind
    self.hasOwnProcesses = hasOwnProcesses
    self.userID = userID
    self.groupID = groupID
    self.capabilities = capabilities
  }

  /// Whether the host's processes are visible, not only those of one container or pod.
  public var seesHost: Bool { kind == .host || !hasOwnProcesses }

  /// The surroundings now.
  public static func now(environment: [String: String]) -> Surroundings {
    func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }
    let services = ["/run/systemd/system", "/usr/sbin/cron", "/usr/sbin/crond", "/usr/bin/crond"]
    let marks = Marks(
      hasServices: services.contains(where: isThere),
      hasContainerFile: isThere("/.dockerenv") || isThere("/run/.containerenv"), environment: environment)
    let namespace = try? FileStatus(at: "/proc/self/ns/pid")
    let status = try? FileReader.bytes(at: "/proc/self/status", limitBytes: 64 << 10)
    return Surroundings(
      kind: Kind(marks), hasOwnProcesses: namespace.map { $0.inode != FileStatus.firstPIDNamespace } ?? false,
      userID: geteuid(), groupID: getegid(), capabilities: Capabilities(parsingStatus: status ?? []))
  }
}

extension Surroundings.Kind {
  public init(_ marks: Surroundings.Marks) {
    let environment = marks.environment
    if marks.hasServices {
      self = .host
    } else if environment["ECS_CONTAINER_METADATA_URI_V4"] ?? environment["ECS_CONTAINER_METADATA_URI"] != nil
    {
      self = .task
    } else if environment["KUBERNETES_SERVICE_HOST"] != nil {
      self = .pod
    } else {
      // systemd's container interface: whoever makes a container sets this variable.
      self = marks.hasContainerFile || environment["container"] != nil ? .container : .host
    }
  }
}

/// The capabilities that this program can use; capabilities(7).
public struct Capabilities: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Reads any file, whoever owns it.
  public static let readSearch = Capabilities(rawValue: 1 << 2)
  /// Reads and writes any file, whoever owns it.
  public static let override = Capabilities(rawValue: 1 << 1)
  /// Signals others' processes.
  public static let kill = Capabilities(rawValue: 1 << 5)
  /// Reads others' processes.
  public static let ptrace = Capabilities(rawValue: 1 << 19)

  /// The effective ones in the bytes of `/proc/PID/status`; proc_pid_status(5). None if it does not say.
  ///
  ///     CapEff: 00000000a80425fb
  public init(parsingStatus bytes: [UInt8]) {
    let name = Array("CapEff:".utf8)
    let line = bytes.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: name) }
    let digits = (line?.dropFirst(name.count) ?? []).drop {
      $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ")
    }
    self.init(rawValue: UInt64(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0)
  }
}

extension MountInfo {
  /// Whether files below `path` outlive the container whose mounts these are: it is on a mount, and that is
  /// not a file system made new for each container.
  public func outlivesContainer(_ path: FilePath) -> Bool {
    var top: Mount?
    for mount in mounts where path.starts(with: mount.mountPoint) {
      if mount.mountPoint.components.count >= top?.mountPoint.components.count ?? 0 { top = mount }
    }
    guard let top, !top.mountPoint.components.isEmpty else { return false }
    // A container's own tmpfs is mounted as a whole; the host's, as a folder.
    return !(["tmpfs", "ramfs"].contains(top.fileSystem) && top.root == "/")
  }
}
