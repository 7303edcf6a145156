import Processes
import SystemPackage

/// What a process's mounts tell of its container: the files that its runtime mounted over /etc/hostname and
/// the like lie in that runtime's own folders, and a mount shows where.
public struct MountEvidence {
  /// Docker's folders of all containers, as paths of the host, the likeliest first.
  public private(set) var dockerFolders: [FilePath] = []
  /// The container whose files are mounted, by Docker's layout.
  public private(set) var dockerID: String?
  /// Podman's (and CRI-O's) `RUN-ROOT/DRIVER-containers/ID/userdata`.
  public private(set) var userdata: [(runRoot: FilePath, driver: String, id: String)] = []
  /// Roots of containers/storage, as paths of the host.
  public private(set) var graphRoots: [FilePath] = []
  /// The kubelet's UID of the pod.
  public private(set) var podUID: String?
  /// The name of the container within its pod.
  public private(set) var podContainer: String?

  private static let runtimeFiles = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/run/.containerenv"]
  /// All mount points that tell something.
  public static let points = Set(runtimeFiles + ["/dev/termination-log", "/"])

  /// - Parameter host: the mounts by which this program reaches files. A mount that the host itself has at
  ///   the same place tells nothing of a container: it is there because the host itself is one.
  ///   - isTrusted: whether only root can have put anything at a path of the host. Whoever has a user
  ///     namespace can mount his own files over these, with whatever path; such mounts are ignored.
  public init(mounts: MountInfo, host: MountInfo, isTrusted: (FilePath) -> Bool) {
    func ownMount(at point: FilePath) -> Mount? {
      guard let mount = mounts.mount(at: point) else { return nil }
      if let same = host.mount(at: point), same.device == mount.device, same.root == mount.root { return nil }
      return mount
    }
    for point in Self.runtimeFiles {
      if let mount = ownMount(at: FilePath(point)) { readRuntimeFile(mount, host, isTrusted) }
    }
    // …/pods/UID/containers/NAME/HASH
    if let mount = ownMount(at: "/dev/termination-log"), host.hostPaths(of: mount).contains(where: isTrusted)
    {
      let names = mount.root.components.map(\.string)
      if names.count >= 5, names[names.count - 3] == "containers", names[names.count - 5] == "pods",
        podUID == nil || podUID == names[names.count - 4], ContainerReference.isPodUID(names[names.count - 4])
      {
        podUID = names[names.count - 4]
        podContainer = names[names.count - 2]
      }
    }
    if let root = ownMount(at: "/") { readRootFileSystem(root, host, isTrusted) }
  }

  private mutating func readRuntimeFile(_ mount: Mount, _ host: MountInfo, _ isTrusted: (FilePath) -> Bool) {
    let names = mount.root.components.map(\.string)
    let count = names.count
    guard count >= 3 else { return }
    let paths = host.hostPaths(of: mount).filter(isTrusted)
    guard !paths.isEmpty else { return }
    // …/containers/ID/hostname
    if names[count - 3] == "containers", ContainerReference.isID(names[count - 2]),
      ["hostname", "hosts", "resolv.conf"].contains(names[count - 1])
    {
      if dockerID == nil { dockerID = names[count - 2] }
      for path in paths {
        add(path.removingLastComponent().removingLastComponent(), to: &dockerFolders)
      }
    }
    // …/pods/UID/etc-hosts
    if names[count - 1] == "etc-hosts", names[count - 3] == "pods", podUID == nil,
      ContainerReference.isPodUID(names[count - 2])
    {
      podUID = names[count - 2]
    }
    // …/overlay-containers/ID/userdata/hostname
    if count >= 4, names[count - 2] == "userdata", ContainerReference.isID(names[count - 3]),
      names[count - 4].hasSuffix("-containers")
    {
      let driver = String(names[count - 4].dropLast("-containers".count))
      for path in paths {
        var runRoot = path
        for _ in 0..<4 { runRoot.removeLastComponent() }
        if !userdata.contains(where: { $0.runRoot == runRoot && $0.driver == driver }) {
          userdata.append((runRoot: runRoot, driver: driver, id: names[count - 3]))
        }
      }
    }
  }

  /// The container's own tree lies in the storage of its runtime: `…/overlay/LAYER/diff` (an option of
  /// overlay, already a path of the host), `…/overlay2/LAYER/diff`, or `…/vfs/dir/LAYER` as the mount's root.
  private mutating func readRootFileSystem(_ mount: Mount, _ host: MountInfo, _ isTrusted: (FilePath) -> Bool)
  {
    var layers: [FilePath] = []
    if mount.fileSystem == "overlay" {
      if let upper = mount.path(ofSuperOption: "upperdir") { layers.append(upper) }
    } else {
      layers = host.hostPaths(of: mount)
    }
    for layer in layers where layer.isAbsolute {
      let names = layer.components.map(\.string)
      let isTree = names.last == "diff"
      guard names.count >= 4, !names.contains("..") else { continue }
      var storage = layer
      for _ in 0..<3 { storage.removeLastComponent() }
      guard isTrusted(storage) else { continue }
      switch (names[names.count - 3], isTree, names[names.count - 2]) {
      case ("overlay", true, _): add(storage, to: &graphRoots)
      case ("overlay2", true, _): add(storage.appending("containers"), to: &dockerFolders)
      case ("vfs", false, "dir"):
        add(storage, to: &graphRoots)
        add(storage.appending("containers"), to: &dockerFolders)
      default: break
      }
    }
  }

  private func add(_ path: FilePath, to paths: inout [FilePath]) {
    if !paths.contains(path) { paths.append(path) }
  }
}
