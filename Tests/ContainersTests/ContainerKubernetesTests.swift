import Glibc
import HostTree
import SystemPackage
import Testing

@testable import Containers
@testable import Processes

@Suite("Containers of Kubernetes and containerd")
struct ContainerKubernetesTests {
  static let id = "4c1d0e6f2a3b48596a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b"
  static let uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
  static let pod = Pod(
    uid: uid, namespace: "placeos", name: "rest-api-6d5f7c9b8-x2x9k", container: "rest-api")
  static let image = "docker.io/placeos/rest-api:2.2402.0"

  @Test(
    "Pod, container and image are known with either runtime and either cgroup driver",
    arguments: [
      ("kubernetes-containerd-cgroupfs", .containerd), ("kubernetes-containerd-systemd", .containerd),
      ("kubernetes-cri-o", .crio),
    ] as [(String, Container.Runtime)])
  func runtimes(name: String, runtime: Container.Runtime) throws {
    #expect(
      try ContainerTree(recorded: name).container()
        == Container(runtime: runtime, id: Self.id, name: "rest-api", image: Self.image, pod: Self.pod))
  }

  @Test("CRI-O's monitor runs in no container")
  func monitor() throws {
    #expect(try ContainerTree(recorded: "kubernetes-cri-o").container(of: 4712) == nil)
  }

  @Test("Without a bundle the logs' names still tell the pod, and the bundle is given as the reason")
  func logsOnly() throws {
    let tree = ContainerTree(recorded: "kubernetes-logs-only")
    #expect(
      try tree.container()
        == Container(
          runtime: .containerd, id: Self.id, name: "rest-api", pod: Self.pod,
          unreadable: .unreadable(
            path: tree.path("run/containerd/io.containerd.runtime.v2.task"), .noSuchFileOrDirectory)))
  }

  @Test("Without a runtime's files, runtime and names stay unknown, and the pod's UID is kept")
  func nothing() throws {
    try ContainerTree(recorded: "kubernetes-containerd-cgroupfs").withCopy { copy in
      let container = try #require(try copy.container())
      #expect(container.runtime == .unknown)
      #expect(container.image == nil)
      #expect(container.pod == Pod(uid: Self.uid, namespace: nil, name: nil, container: "rest-api"))
      #expect(container.unreadable != nil)
    }
  }

  /// A tree in which the container's bundle is where no distribution has it, and is its shim's working directory.
  private func withShim(_ body: (_ tree: ContainerTree, _ bundle: FilePath) throws -> Void) throws {
    let recorded = ContainerTree(recorded: "kubernetes-containerd-cgroupfs")
    let tasks = "io.containerd.runtime.v2.task/k8s.io/\(Self.id)"
    let config = try FileReader.bytes(
      at: recorded.path("run/containerd/\(tasks)/config.json"), limitBytes: 1 << 20)
    try recorded.withCopy { copy in
      let bundle = copy.path("elsewhere/\(tasks)")
      try copy.write(config, to: bundle.appending("config.json"))
      let group = try FileReader.bytes(at: copy.path("proc/4711/cgroup"), limitBytes: 1 << 20)
      func stat(_ pid: Int, childOf parent: Int) -> [UInt8] {
        Array("\(pid) (x) S \(parent)\(String(repeating: " 1", count: 48))\n".utf8)
      }
      // 4711 is what the container's first process, 4710, has started; 4700 is the shim.
      try copy.write(stat(4711, childOf: 4710), to: copy.path("proc/4711/stat"))
      try copy.write(stat(4710, childOf: 4700), to: copy.path("proc/4710/stat"))
      try copy.write(stat(4700, childOf: 1), to: copy.path("proc/4700/stat"))
      try copy.write(group, to: copy.path("proc/4710/cgroup"))
      try copy.write(Array("0::/system.slice/containerd.service\n".utf8), to: copy.path("proc/4700/cgroup"))
      try copy.write([], to: copy.path("namespaces/user"))
      try copy.write([], to: copy.path("namespaces/other"))
      for process in ["self", "4700"] {
        try copy.link(copy.path("proc/\(process)/ns/user"), to: copy.path("namespaces/user"))
      }
      try copy.link(copy.path("proc/4700/cwd"), to: bundle)
      try body(copy, bundle)
    }
  }

  @Test("A bundle is found by its shim, wherever the runtime keeps its state")
  func shim() throws {
    try withShim { tree, _ in
      let container = try tree.container()
      let expected = Container(
        runtime: .containerd, id: Self.id, name: "rest-api", image: Self.image, pod: Self.pod)
      #expect(container == expected)
    }
  }

  @Test(
    "A shim that anybody can have started, and a bundle that anybody can have written, tell nothing",
    arguments: ["namespace", "owner", "folder", "file", "link", "container", "group"])
  func falseShim(fault: String) throws {
    try withShim { tree, bundle in
      switch fault {
      case "namespace":
        unlink(tree.path("proc/4700/ns/user").string)
        try tree.link(tree.path("proc/4700/ns/user"), to: tree.path("namespaces/other"))
      case "owner": try #require(chown(tree.path("proc/4700").string, 10001, 10001) == 0)
      case "folder": try #require(chmod(bundle.string, 0o777) == 0)
      case "file": try #require(chown(bundle.appending("config.json").string, 10001, 10001) == 0)
      case "link":
        try #require(rename(bundle.appending("config.json").string, bundle.appending("other").string) == 0)
        try tree.link(bundle.appending("config.json"), to: bundle.appending("other"))
      case "container":
        let other = bundle.removingLastComponent().appending(String(repeating: "a", count: 64))
        try #require(rename(bundle.string, other.string) == 0)
        unlink(tree.path("proc/4700/cwd").string)
        try tree.link(tree.path("proc/4700/cwd"), to: other)
      default:
        // The parent is in the container as well: what it says is what the container says.
        let group = try FileReader.bytes(at: tree.path("proc/4711/cgroup"), limitBytes: 1 << 20)
        try tree.write(group, to: tree.path("proc/4700/cgroup"))
      }
      let container = try #require(try tree.container())
      #expect(container.image == nil)
      #expect(container.unreadable != nil)
    }
  }

  @Test("A bundle that cannot be understood leaves the image unknown, and says why")
  func truncatedBundle() throws {
    let recorded = ContainerTree(recorded: "kubernetes-cri-o")
    let file = "run/containers/storage/overlay-containers/\(Self.id)/userdata/config.json"
    let bytes = try FileReader.bytes(at: recorded.path(file), limitBytes: 1 << 20)
    try recorded.withCopy { copy in
      try copy.write(Array(bytes.prefix(300)), to: copy.path(file))
      let container = try #require(try copy.container())
      #expect(container.runtime == .crio)
      #expect(container.image == nil)
      #expect(container.unreadable == .malformed(path: copy.path(file), reason: "not JSON"))
    }
  }

  @Test("A pod's mounts without an id in the groups are not taken for no container")
  func podWithoutID() throws {
    try ContainerTree(recorded: "kubernetes-cri-o").withCopy { copy in
      try copy.write(Array("0::/\n".utf8), to: copy.path("proc/4711/cgroup"))
      #expect(throws: HostError.self) { try copy.container() }
    }
  }

  @Test("Only names of the kubelet's own form are read as such")
  func names() {
    let id = Self.id
    let log = KubernetesContainer.parse(containerLogName: "a-1_placeos_rest-api-\(id).log")
    #expect(log?.id == id)
    #expect(log?.names == KubernetesContainer(namespace: "placeos", pod: "a-1", container: "rest-api"))
    for name in [
      "", ".log", "a_b_c.log", "a_b_-\(id)", "a_b_\(id).log", "a_b_c\(id).log", "a_b_c_d-\(id).log",
      "_b_c-\(id).log", "a_b_c-\(id.uppercased()).log",
    ] { #expect(KubernetesContainer.parse(containerLogName: name) == nil, "\(name)") }
    let folder = KubernetesContainer.parse(podFolderName: "placeos_a-1_\(Self.uid)")
    #expect(folder?.uid == Self.uid)
    #expect(folder?.names == KubernetesContainer(namespace: "placeos", pod: "a-1"))
    for name in ["", "a_b", "a_b_", "a_b_c_d", "_b_c", "a_b_../x"] {
      #expect(KubernetesContainer.parse(podFolderName: name) == nil, "\(name)")
    }
  }

  @Test("containerd without Kubernetes gives the name that nerdctl put into the bundle")
  func nerdctl() throws {
    #expect(
      try ContainerTree(recorded: "containerd-nerdctl").container()
        == Container(
          runtime: .containerd, id: "1b2c3d4e5f60718293a4b5c6d7e8f9010213243546576879808a9bacbdcedfe0",
          name: "dispatch"))
  }

  @Test("A container that no known runtime has made is one of an unknown runtime")
  func unknownRuntime() throws {
    #expect(
      try ContainerTree(recorded: "unknown-runtime").container()
        == Container(
          runtime: .unknown, id: "743b76dde678bcf3772cfedfc3f5829974ac992e51dc2b539933b54c4283c56d"))
  }
}
