import Containers
import Glibc
import Processes
import SystemPackage
import TestSupport

/// A tree of files that stands for a host: a recorded one, or one that a test makes in /tmp.
public struct ContainerTree {
  public let root: FilePath

  /// The tree `Recorded/containers/NAME` beside this file.
  public init(recorded name: String) {
    root = FilePath(#filePath).removingLastComponent().appending("Recorded/containers").appending(name)
  }

  private init(root: FilePath) { self.root = root }

  public func path(_ path: String) -> FilePath { root.appending(path) }

  /// The container of the process `pid` of this tree, by a new resolver.
  public func container(of pid: Int32 = 4711) throws(HostError) -> Container? {
    var resolver = ContainerResolver(root: root)
    return try container(of: pid, by: &resolver)
  }

  public func container(of pid: Int32, by resolver: inout ContainerResolver) throws(HostError) -> Container? {
    let cgroups = try ContainerFiles(root: root).controlGroups(ofProcess: String(pid))
    return try resolver.container(of: pid, cgroups: cgroups)
  }

  /// Runs `body` with a new tree in /tmp, a copy of this one's `proc`, and takes it away afterwards.
  public func withCopy<Value>(_ body: (ContainerTree) throws -> Value) throws -> Value {
    try withScratchFolder { folder in
      let copy = ContainerTree(root: folder)
      for file in ["proc/4711/cgroup", "proc/4711/mountinfo", "proc/1/mountinfo"] {
        try copy.write(FileReader.bytes(at: path(file), limitBytes: 1 << 20), to: copy.path(file))
      }
      return try body(copy)
    }
  }

  public func write(_ bytes: [UInt8], to path: FilePath) throws {
    try makeFolder(path.removingLastComponent())
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }

  /// A link at `path`, as those of `/proc/PID`, which the kernel follows wherever they lead.
  public func link(_ path: FilePath, to target: FilePath) throws {
    try makeFolder(path.removingLastComponent())
    guard symlink(target.string, path.string) == 0 else { throw Errno(rawValue: errno) }
  }

  public func makeFolder(_ path: FilePath) throws {
    var folder = FilePath("/")
    for component in path.components {
      folder.append(component)
      let made = folder.withPlatformString { mkdir($0, 0o700) }
      guard made == 0 || errno == EEXIST || errno == EISDIR else { throw Errno(rawValue: errno) }
    }
  }
}
