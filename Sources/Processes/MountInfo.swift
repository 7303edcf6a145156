import SystemPackage
import Text

/// The mounts that a process sees: the lines of `/proc/PID/mountinfo`, proc_pid_mountinfo(5), in order.
public struct MountInfo: Hashable, Sendable {
  public let mounts: [Mount]

  /// How many lines were not understood, and left out. Some file systems put into their options what no field may hold
  /// (9p of WSL2 has backslashes in them).
  public let unreadLines: Int

  /// Room for the kernel's own limit on mounts (`fs.mount-max`, 100,000) at their usual length.
  public static let limitBytes = 16 << 20
  /// How much is read where only certain mount points are asked for: what a container's runtime mounts is among the first
  /// that it mounts, and each mount that a user stacks on others costs the kernel the length of the stack
  /// (40,000 took 9 s).
  public static let limitBytesAtPoints = 64 << 10

  /// Parses the whole file. No lines at all are allowed: a process whose root is not a mount sees no mounts.
  ///
  /// - Parameter points: mount points, as the file writes them; what is mounted elsewhere is left out, and costs next to
  ///   nothing: who may mount can mount 100,000 times. `nil`: all.
  public init(parsing bytes: [UInt8], at points: Set<String>? = nil) {
    var mounts: [Mount] = []
    var unreadLines = 0
    let wanted = points.map { $0.map { Array($0.utf8) } }
    var rest = bytes[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != UInt8(ascii: "\n") }
      rest = rest[min(line.endIndex + 1, rest.endIndex)...]
      if line.isEmpty { continue }
      if let wanted {
        guard let point = Self.mountPoint(of: line), wanted.contains(where: point.elementsEqual) else {
          continue
        }
      }
      if let mount = try? Mount(parsing: line) { mounts.append(mount) } else { unreadLines += 1 }
    }
    if points != nil {
      // Mounts stack, and the last one hides those below it.
      var last: [FilePath: Int] = [:]
      for (index, mount) in mounts.enumerated() { last[mount.mountPoint] = index }
      mounts = last.values.sorted().map { mounts[$0] }
    }
    self.mounts = mounts
    self.unreadLines = unreadLines
  }

  /// The fifth field of a line, as it is written; `nil` where there is none. Nothing is made for it: most lines of one
  /// who mounts a great deal are left out here.
  private static func mountPoint(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = line
    for _ in 0..<4 {
      guard let space = rest.firstIndex(of: UInt8(ascii: " ")) else { return nil }
      rest = rest[(space + 1)...]
    }
    return rest.prefix { $0 != UInt8(ascii: " ") }
  }

  /// What is mounted at exactly `point`. Mounts stack, and the last one hides those below it.
  public func mount(at point: FilePath) -> Mount? { mounts.last { $0.mountPoint == point } }

  /// The paths by which `mount`'s root, a file or folder that another process sees, may be reached here,
  /// the likeliest first.
  ///
  /// Any mount of the same file system whose own root lies above it leads there: its mount point, and what
  /// is left of the path. Those that another mount does not cover come first, then the longest root, then
  /// the latest. A caller tries each, because the order of the file does not tell for certain what covers
  /// what.
  public func hostPaths(of mount: Mount) -> [FilePath] {
    guard mount.root.isAbsolute, !mount.root.components.contains(where: { $0.kind == .parentDirectory })
    else { return [] }
    var candidates: [(path: FilePath, isCovered: Bool, rootLength: Int, index: Int)] = []
    for (index, host) in mounts.enumerated()
    where host.device == mount.device && !host.isRootDeleted && mount.root.starts(with: host.root) {
      var rest = mount.root
      guard rest.removePrefix(host.root) else { continue }
      let path = host.mountPoint.appending(rest.components)
      candidates.append(
        (path, !leads(path, to: mount), rootLength: host.root.components.count, index: index))
    }
    candidates.sort {
      ($0.isCovered ? 1 : 0, -$0.rootLength, -$0.index) < ($1.isCovered ? 1 : 0, -$1.rootLength, -$1.index)
    }
    var paths: [FilePath] = []
    for candidate in candidates where !paths.contains(candidate.path) { paths.append(candidate.path) }
    return paths
  }

  /// The likeliest of `hostPaths(of:)`.
  public func hostPath(of mount: Mount) -> FilePath? { hostPaths(of: mount).first }

  /// Whether the mount that is on top at `path` is of `mount`'s file system and shows its root there.
  private func leads(_ path: FilePath, to mount: Mount) -> Bool {
    var top: (mount: Mount, length: Int)?
    for candidate in mounts where path.starts(with: candidate.mountPoint) {
      let length = candidate.mountPoint.components.count
      if length >= top?.length ?? 0 { top = (candidate, length) }
    }
    guard let top = top?.mount, top.device == mount.device else { return false }
    var rest = path
    guard rest.removePrefix(top.mountPoint) else { return false }
    return top.root.appending(rest.components) == mount.root
  }
}
