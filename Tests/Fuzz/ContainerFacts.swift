import SystemPackage

@testable import Containers
@testable import Processes
@testable import Text

/// What the kernel and the runtimes say of containers.
enum ContainerFacts {
  static func cgroup(_ bytes: [UInt8]) throws {
    guard let groups = accepted({ try ControlGroups(parsing: bytes) }) else { return }
    try require(groups.lines.count <= ProcessFiles.lineCount(bytes), "cgroup: more groups than lines")
    var written: [UInt8] = []
    for line in groups.lines {
      try require(line.path.first == UInt8(ascii: "/"), "cgroup: a path that is not absolute")
      written += Array("\(line.hierarchy):".utf8)
      written += line.controllers
      written.append(UInt8(ascii: ":"))
      written += line.path
      written.append(0x0A)
    }
    try require(
      accepted { try ControlGroups(parsing: written) } == groups, "cgroup: written again, it differs")
    guard let container = groups.containerReference else { return }
    try require(
      container.id.utf8.count == 64 && container.id.utf8.allSatisfy { $0.hexadecimalValue != nil },
      "cgroup: an id that is none")
    let id = Array(container.id.utf8)
    try require(groups.lines.contains { $0.path.contains(id) }, "cgroup: an id that is in no path")
  }

  static func mountinfo(_ bytes: [UInt8]) throws {
    let info = MountInfo(parsing: bytes)
    try require(info.mounts.count <= ProcessFiles.lineCount(bytes), "mountinfo: more mounts than lines")
    for mount in info.mounts.prefix(24) {
      try require(mount.mountPoint.isAbsolute, "mountinfo: a mount point that is not absolute")
      try require(
        info.mount(at: mount.mountPoint)?.mountPoint == mount.mountPoint,
        "mountinfo: a mount that is not found")
      _ = mount.path(ofSuperOption: "upperdir")
      let paths = info.hostPaths(of: mount)
      try require(paths.count <= info.mounts.count, "mountinfo: more paths than mounts")
      try require(paths.allSatisfy(\.isAbsolute), "mountinfo: a path that is not absolute")
    }
    // Once as a container's with a plain host, once as a host's.
    let plain = Array("28 1 254:0 / / rw - ext4 /dev/vda rw\n".utf8)
    let host = MountInfo(parsing: plain)
    try require(host.mounts.count == 1, "mountinfo: a line of the kernel's form is refused")
    for (mounts, host) in [(info, host), (host, info)] {
      let evidence = MountEvidence(mounts: mounts, host: host) { _ in true }
      for folder in evidence.dockerFolders + evidence.graphRoots {
        try require(folder.isAbsolute, "mountinfo: a folder that is not absolute")
      }
      if let id = evidence.dockerID {
        try require(ContainerReference.isID(id), "mountinfo: an id that is none")
      }
    }
  }

  static func docker(_ bytes: [UInt8]) throws {
    guard let container = accepted({ try DockerContainer(parsing: bytes) }) else { return }
    try require(!container.name.isEmpty && container.image != "", "docker: an empty name")
    _ = container.composeService
  }

  static func oci(_ bytes: [UInt8]) throws {
    guard let bundle = accepted({ try OCIBundle(parsing: bytes) }) else { return }
    for (key, value) in bundle.annotations {
      try require(bundle.value(key) == (value.isEmpty ? nil : value), "oci: an annotation that is not found")
    }
  }

  static func podman(_ bytes: [UInt8]) throws {
    guard let containers = accepted({ try PodmanContainer.all(parsing: bytes) }) else { return }
    try require(containers.count <= bytes.count, "podman: more containers than bytes")
  }
}

extension [UInt8] {
  /// Whether `part`, which is not empty, is somewhere in the bytes.
  func contains(_ part: [UInt8]) -> Bool {
    guard count >= part.count else { return false }
    return (0...(count - part.count)).contains { self[$0] == part[0] && self[$0...].starts(with: part) }
  }
}
