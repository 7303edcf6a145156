import TestSupport
import Testing

@testable import Containers
@testable import Processes
@testable import Text

@Suite("Control groups of a process")
struct ControlGroupTests {
  static let id = "50db48f4ec4fcb40078952cdfb0321cd32fef0cd749a5bcd2e2fa037c830106d"
  static let other = "743b76dde678bcf3772cfedfc3f5829974ac992e51dc2b539933b54c4283c56d"
  static let uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
  static let sliceUID = "0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0"

  static func reference(_ lines: String...) throws -> ContainerReference? {
    try ControlGroups(parsing: Array(lines.map { $0 + "\n" }.joined().utf8)).containerReference
  }

  static let forms: [(String, Container.Runtime, String?)] = [
    ("/docker/\(id)", .docker, nil),
    ("/docker/\(id)/init.scope", .docker, nil),
    ("/docker/\(id) (deleted)", .docker, nil),
    ("/system.slice/docker-\(id).scope", .docker, nil),
    ("/system.slice/docker-\(id).scope (deleted)", .docker, nil),
    ("/user.slice/user-1000.slice/user@1000.service/user.slice/docker-\(id).scope", .docker, nil),
    ("/system.slice:docker:\(id)", .docker, nil),
    ("/kubepods/pod\(uid)/\(id)", .unknown, uid),
    ("/kubepods/burstable/pod\(uid)/\(id)", .unknown, uid),
    ("/kubepods/besteffort/pod\(uid)/crio-\(id)", .crio, uid),
    ("/kubepods.slice/kubepods-pod\(sliceUID).slice/cri-containerd-\(id).scope", .containerd, uid),
    (
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(sliceUID).slice/crio-\(id).scope",
      .crio, uid
    ),
    (
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(sliceUID).slice/docker-\(id).scope",
      .docker, uid
    ),
    (
      "/system.slice/containerd.service/kubepods-besteffort-pod\(sliceUID).slice:cri-containerd:\(id)",
      .containerd, uid
    ),
    ("/kubepods/pod3f2a9b8c7d6e5f4a3b2c1d0e9f8a7b6c/\(id)", .unknown, "3f2a9b8c7d6e5f4a3b2c1d0e9f8a7b6c"),
    ("/machine.slice/libpod-\(id).scope", .podman, nil),
    ("/machine.slice/libpod-\(id).scope/container", .podman, nil),
    ("/machine.slice/machine-libpod_pod_\(other).slice/libpod-\(id).scope", .podman, nil),
    ("/libpod_parent/libpod-\(id)", .podman, nil),
    ("/libpod_parent/\(other)/libpod-\(id)", .podman, nil),
    ("/system.slice/nerdctl-\(id).scope", .containerd, nil),
    ("/placeos/group/\(id)", .unknown, nil),
    ("/a:b/../c/\(id)", .unknown, nil),
    ("/../../docker/\(id)", .docker, nil),
    ("/system.slice/vendor-\(id).scope", .unknown, nil),
    // A container within another: the inner one, and its pod only where the kubelet is inside too.
    ("/docker/\(other)/docker/\(id)", .docker, nil),
    ("/system.slice/docker-\(other).scope/system.slice/docker-\(id).scope", .docker, nil),
    (
      "/docker/\(other)/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
        + "kubelet-kubepods-besteffort-pod\(sliceUID).slice/cri-containerd-\(id).scope", .containerd, uid
    ),
    ("/kubepods/pod\(uid)/\(other)/docker/\(id)", .docker, nil),
  ]

  @Test("Each form of a container's group gives runtime, id and pod", arguments: forms)
  func form(path: String, runtime: Container.Runtime, podUID: String?) throws {
    let expected = ContainerReference(runtime: runtime, id: Self.id, podUID: podUID)
    #expect(try Self.reference("0::" + path) == expected)
    #expect(try Self.reference("12:cpu,cpuacct:" + path, "0::/") == expected)
  }

  @Test(
    "What is no container gives none",
    arguments: [
      "/", "/init.scope", "/system.slice/docker.service", "/system.slice/containerd.service", "/docker",
      "/user.slice/user-1000.slice/session-3.scope", "/docker/buildkit/1a2b3c4d5e6f7a8b9c0d1e2f3",
      "/kubepods/burstable/pod\(uid)", "/kubepods.slice/kubepods-pod\(sliceUID).slice",
      "/kubepods.slice/kubepods-pod\(sliceUID).slice/crio-conmon-\(id).scope",
      "/machine.slice/libpod-conmon-\(id).scope", "/libpod_parent/conmon", "/libpod_parent/\(id)",
      "/libpod_parent/libpod-conmon-\(id)", "/docker/\(id.dropLast())", "/docker/\(id)0",
      "/docker/\(id.uppercased())", "/cache-\(id)", "/system.slice/docker-\(id).service",
      "/docker/\(id)(deleted)", "/system.slice:docker:\(id):x",
    ])
  func noContainer(path: String) throws {
    #expect(try Self.reference("0::" + path) == nil)
    #expect(try Self.reference("1:name=systemd:" + path, "0::/") == nil)
  }

  @Test(
    "A container of Amazon ECS has its task's id and a number",
    arguments: ["/ecs/TASK/TASK-2531612879", "/ecs/TASK/TASK-1"])
  func ecs(path: String) throws {
    let task = "1f2e3d4c5b6a79880716253443526170"
    let path = path.replacing("TASK", with: task)
    let id = String(path.split(separator: "/").last ?? "")
    #expect(
      try Self.reference("0::" + path) == ContainerReference(runtime: .unknown, id: id, podUID: nil))
    #expect(
      try Self.reference("0::/ecs/\(task)/\(Self.id)")
        == ContainerReference(runtime: .unknown, id: Self.id, podUID: nil))
    for other in ["", "-", "-x", "-1x", "-123456789012345678901"] {
      #expect(try Self.reference("0::/ecs/\(task)/\(task)\(other)") == nil)
    }
    #expect(try Self.reference("0::/ecs/\(task.dropLast())0/\(task.dropLast())1-1") == nil)
  }

  @Test("A monitor within a container belongs to that outer container")
  func monitorWithinContainer() throws {
    let path = "0::/docker/\(Self.other)/machine.slice/libpod-conmon-\(Self.id).scope"
    #expect(try Self.reference(path)?.id == Self.other)
  }

  @Test("Of lines that disagree the innermost container counts, then version 2, then systemd's, then order")
  func disagreement() throws {
    let (id, other) = (Self.id, Self.other)
    #expect(try Self.reference("3:cpu:/docker/\(other)/docker/\(id)", "0::/docker/\(other)")?.id == id)
    #expect(try Self.reference("3:cpu:/docker/\(other)", "0::/docker/\(id)")?.id == id)
    #expect(try Self.reference("3:cpu:/docker/\(other)", "1:name=systemd:/docker/\(id)", "0::/")?.id == id)
    #expect(try Self.reference("3:cpu:/docker/\(id)", "2:memory:/docker/\(other)")?.id == id)
  }

  @Test("Lines keep their hierarchy, controllers and path, colons included")
  func lines() throws {
    let groups = try ControlGroups(parsing: Array("9:name=systemd:/a:b\n0::/\n".utf8))
    #expect(groups.lines.map(\.hierarchy) == [9, 0])
    #expect(groups.lines.map { String(decoding: $0.controllers, as: UTF8.self) } == ["name=systemd", ""])
    #expect(groups.lines.map { String(decoding: $0.path, as: UTF8.self) } == ["/a:b", "/"])
    #expect(try ControlGroups(parsing: []).lines.isEmpty)
  }

  @Test(
    "What is not of the file's form is refused",
    arguments: [
      "x", "0:", "0:/", ":cpu:/", "-1::/", "+1::/", "99999999999::/", "0::", "0::docker",
      "0::/a\0b",
    ])
  func malformed(text: String) {
    #expect(throws: ParseError.self) { try ControlGroups(parsing: Array(text.utf8)) }
  }

  @Test("Bytes that are no UTF-8 neither crash nor hide the container")
  func hostileBytes() throws {
    let bytes = Array("0::/".utf8) + [0xFF, 0xC0, 0x80, 0x1B] + Array("/docker/\(Self.id)".utf8)
    #expect(try ControlGroups(parsing: bytes).containerReference?.id == Self.id)
    #expect(try Self.reference("0::" + String(repeating: "/pod", count: 20_000)) == nil)
    #expect(try Self.reference("0::/" + String(repeating: "-pod", count: 5_000) + ".slice") == nil)
  }

  @Test("Random changes of a real file never crash the parser")
  func mutations() {
    var random = SeededNumbers(seed: 7)
    let slice = "kubepods-pod\(Self.sliceUID).slice"
    let real = Array("9:name=systemd:/\(slice):crio:\(Self.id)\n0::/docker/\(Self.id)\n".utf8)
    for _ in 0..<1000 {
      _ = try? ControlGroups(parsing: random.mutate(real)).containerReference
    }
  }
}
