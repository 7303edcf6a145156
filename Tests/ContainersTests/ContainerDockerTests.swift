import Glibc
import HostTree
import SystemPackage
import Testing

@testable import Containers
@testable import Processes

@Suite("Docker's containers")
struct ContainerDockerTests {
  static let id = "50db48f4ec4fcb40078952cdfb0321cd32fef0cd749a5bcd2e2fa037c830106d"
  static let second = "743b76dde678bcf3772cfedfc3f5829974ac992e51dc2b539933b54c4283c56d"
  static let config = "var/lib/docker/containers/\(id)/config.v2.json"
  static let api = Container(
    runtime: .docker, id: id, name: "rest-api", image: "placeos/rest-api:latest", composeService: "api")

  @Test(
    "Name, image and compose service are known in every hierarchy",
    arguments: [
      ("docker-v1", 4711), ("docker-v2-systemd", 4711), ("docker-hybrid", 4711), ("docker-hybrid", 4712),
    ] as [(String, Int32)])
  func hierarchies(tree: String, pid: Int32) throws {
    if tree == "docker-hybrid", pid == 4712 {
      // The id in the version 2 line only; the mounts are those of the first process.
      try ContainerTree(recorded: tree).withCopy { copy in
        let recorded = ContainerTree(recorded: tree)
        for (from, to) in [
          ("proc/4712/cgroup", "proc/4711/cgroup"), (Self.config, Self.config),
        ] {
          try copy.write(FileReader.bytes(at: recorded.path(from), limitBytes: 1 << 20), to: copy.path(to))
        }
        #expect(try copy.container() == Self.api)
      }
    } else {
      #expect(try ContainerTree(recorded: tree).container(of: pid) == Self.api)
    }
  }

  @Test("A data root on a disk of its own is found through the host's mounts")
  func ownDisk() throws {
    #expect(
      try ContainerTree(recorded: "docker-own-disk").container()
        == Container(
          runtime: .docker, id: "ad09f4d635b7ebb1eb64609388634346376a1881be4fc60e971cd4d7a5e02a12",
          name: "staff-api", image: "placeos/rest-api:latest", composeService: "api"))
  }

  @Test("Under a cgroup parent of its own the mounts tell that it is Docker's")
  func customParent() throws {
    #expect(
      try ContainerTree(recorded: "docker-custom-parent").container()
        == Container(
          runtime: .docker, id: Self.second, name: "parent", image: "placeos/rest-api:latest"))
  }

  @Test("A container that joined another's network is not taken for that other")
  func joinedNetwork() throws {
    #expect(
      try ContainerTree(recorded: "docker-joined-network").container()
        == Container(
          runtime: .docker, id: Self.second, name: "triggers", image: "placeos/rest-api:latest"))
  }

  @Test("Mounts alone identify a container, and a process of the host has none")
  func mountsOnly() throws {
    let tree = ContainerTree(recorded: "docker-mounts-only")
    #expect(try tree.container(of: 4711) == Self.api)
    #expect(try tree.container(of: 4712) == nil)
  }

  @Test("A process with the host's own mounts is in no container, and they need not be read")
  func hostsNamespace() throws {
    try ContainerTree(recorded: "docker-mounts-only").withCopy { copy in
      let (host, process) = (copy.path("proc/1/ns/mnt"), copy.path("proc/4711/ns/mnt"))
      try copy.write([], to: host)
      try copy.write([], to: process)
      #expect(try copy.container()?.id == Self.id)
      try #require(process.withPlatformString { unlink($0) } == 0)
      try #require(host.withPlatformString { host in process.withPlatformString { link(host, $0) } } == 0)
      #expect(try copy.container() == nil)
      try #require(copy.path("proc/4711/mountinfo").withPlatformString { unlink($0) } == 0)
      #expect(try copy.container() == nil)
      // What the control groups say is asked first.
      try copy.write(Array("0::/docker/\(Self.id)\n".utf8), to: copy.path("proc/4711/cgroup"))
      #expect(try copy.container()?.id == Self.id)
    }
  }

  @Test("Where the host is a container itself, its own files and groups make no container of its processes")
  func hostIsContainer() throws {
    let recorded = ContainerTree(recorded: "docker-mounts-only")
    try recorded.withCopy { copy in
      let mounts = try FileReader.bytes(at: copy.path("proc/4711/mountinfo"), limitBytes: 1 << 20)
      try copy.write(mounts, to: copy.path("proc/1/mountinfo"))
      #expect(try copy.container() == nil)
      let groups = Array("0::/docker/\(Self.id)/sub\n".utf8)
      try copy.write(groups, to: copy.path("proc/4711/cgroup"))
      #expect(try copy.container()?.id == Self.id)
      try copy.write(groups, to: copy.path("proc/1/cgroup"))
      #expect(try copy.container() == nil)
      try copy.write(
        Array("0::/docker/\(Self.id)/docker/\(Self.second)\n".utf8), to: copy.path("proc/4711/cgroup"))
      #expect(try copy.container()?.id == Self.second)
    }
  }

  @Test("What was found for a container is kept, so that its other processes cost no more reading")
  func cache() throws {
    let recorded = ContainerTree(recorded: "docker-v1")
    try recorded.withCopy { copy in
      try copy.write(
        FileReader.bytes(at: recorded.path(Self.config), limitBytes: 1 << 20), to: copy.path(Self.config))
      var resolver = ContainerResolver(root: copy.root)
      #expect(try copy.container(of: 4711, by: &resolver) == Self.api)
      try copy.write([], to: copy.path(Self.config))
      #expect(try copy.container(of: 4711, by: &resolver) == Self.api)
      #expect(try copy.container()?.name == nil)
    }
  }

  @Test("The data root is where the daemon was told that it is, by its command line before its configuration")
  func dataRoot() throws {
    func root(_ words: String...) -> String? {
      DockerContainer.dataRoot(inCommandLine: Array(words.joined(separator: "\0").utf8) + [0])
    }
    #expect(root("/usr/bin/dockerd", "-H", "fd://") == nil)
    #expect(root("dockerd", "--data-root", "/srv/docker") == "/srv/docker")
    #expect(root("/usr/sbin/dockerd", "--debug", "--data-root=/srv/docker") == "/srv/docker")
    #expect(root("dockerd", "--data-root") == nil)
    // The pid may have become another's.
    #expect(root("/bin/other", "--data-root=/srv/docker") == nil)
    let recorded = ContainerTree(recorded: "docker-v1")
    try recorded.withCopy { copy in
      let bytes = try FileReader.bytes(at: recorded.path(Self.config), limitBytes: 1 << 20)
      let moved = Self.config.replacing("var/lib/docker", with: "srv/docker")
      try copy.write(bytes, to: copy.path(moved))
      #expect(try copy.container()?.name == nil)
      try copy.write(Array(#"{"data-root": "/srv/docker"}"#.utf8), to: copy.path("etc/docker/daemon.json"))
      #expect(try copy.container() == Self.api)
      try copy.write(Array("4713".utf8), to: copy.path("run/docker.pid"))
      try copy.write(Array("dockerd\0--data-root=/elsewhere\0".utf8), to: copy.path("proc/4713/cmdline"))
      #expect(try copy.container()?.name == nil)
    }
  }

  @Test("A missing record is named as the reason for a container without a name")
  func missing() throws {
    let tree = ContainerTree(recorded: "docker-config-missing")
    #expect(
      try tree.container()
        == Container(
          runtime: .docker, id: Self.id,
          unreadable: .unreadable(path: tree.path(Self.config), .noSuchFileOrDirectory)))
  }

  @Test(
    "A record that is there and cannot be understood leaves no name, and says why",
    arguments: [
      ("docker-config-truncated", "not JSON"), ("docker-config-other", "it is another container's"),
    ])
  func malformed(name: String, reason: String) throws {
    let tree = ContainerTree(recorded: name)
    #expect(
      try tree.container()
        == Container(
          runtime: .docker, id: Self.id,
          unreadable: .malformed(path: tree.path(Self.config), reason: reason)))
  }

  @Test("A folder or a pipe in the record's place is refused, and nobody waits for it")
  func notRegular() throws {
    let tree = ContainerTree(recorded: "docker-config-folder")
    #expect(try tree.container()?.unreadable == .notRegular(path: tree.path(Self.config)))
    try ContainerTree(recorded: "docker-v1").withCopy { copy in
      let path = copy.path(Self.config)
      try copy.makeFolder(path.removingLastComponent())
      #expect(path.withPlatformString { mkfifo($0, 0o600) } == 0)
      #expect(
        try copy.container()
          == Container(runtime: .docker, id: Self.id, unreadable: .notRegular(path: path)))
    }
  }

  @Test("A record larger than any is refused")
  func tooLarge() throws {
    try ContainerTree(recorded: "docker-v1").withCopy { copy in
      let path = copy.path(Self.config)
      try copy.write([UInt8](repeating: 0x20, count: (8 << 20) + 1), to: path)
      #expect(try copy.container()?.unreadable == .tooLarge(path: path, limitBytes: 8 << 20))
    }
  }

  @Test("Mounts that cannot be read leave the id; with no id either, nobody says that there is no container")
  func mountsUnreadable() throws {
    let tree = ContainerTree(recorded: "docker-v1")
    var resolver = ContainerResolver(root: tree.root)
    let failure = HostError.unreadable(path: tree.path("proc/9/mountinfo"), .noSuchFileOrDirectory)
    let cgroups = try ControlGroups(parsing: Array("0::/docker/\(Self.id)\n".utf8))
    #expect(
      try resolver.container(of: 9, cgroups: cgroups)
        == Container(runtime: .docker, id: Self.id, unreadable: failure))
    // The failure was that process's own: the next one of the container is looked at.
    #expect(try resolver.container(of: 4711, cgroups: cgroups) == Self.api)
    let none = try ControlGroups(parsing: Array("0::/\n".utf8))
    #expect(throws: failure) { try resolver.container(of: 9, cgroups: none) }
  }
}
