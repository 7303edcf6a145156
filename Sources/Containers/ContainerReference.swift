import Text

/// What a control group's path says of a container: its id, and sometimes its runtime and its pod.
public struct ContainerReference: Hashable, Sendable {
  /// `.unknown` if the path does not tell, as under a cgroup parent that the administrator chose.
  public let runtime: Container.Runtime
  /// 64 lower-case hexadecimal digits or, on Amazon ECS without Docker, 32, a `-` and a number.
  public let id: String
  /// The Kubernetes pod's UID, in its usual form (with `-`).
  public let podUID: String?

  public init(runtime: Container.Runtime, id: String, podUID: String? = nil) {
    self.runtime = runtime
    self.id = id
    self.podUID = podUID
  }

  /// The innermost container on the way down `path`, and the number of containers on that way.
  ///
  /// ```
  /// /docker/ID                                                            Docker, cgroupfs
  /// /system.slice/docker-ID.scope                                         Docker, systemd
  /// /kubepods/burstable/podUID/ID                                         Kubernetes, cgroupfs
  /// /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/cri-containerd-ID.scope
  /// /kubepods/besteffort/podUID/crio-ID                                   CRI-O, cgroupfs
  /// /system.slice/containerd.service/kubepods-podU_I_D.slice:cri-containerd:ID
  /// /machine.slice/libpod-ID.scope/container                              Podman, systemd
  /// /libpod_parent/libpod-ID                                              Podman, cgroupfs
  /// /docker/OUTER/docker/ID/init.scope                                    Docker in Docker
  /// /ecs/TASK/TASK-NUMBER                                                 Amazon ECS: Fargate, managed instances
  /// ```
  static func innermost(inGroupPath path: [UInt8]) -> (ContainerReference, depth: Int)? {
    // A group removed before a process of it was reaped; only ever at the path's end.
    let removed = Array(" (deleted)".utf8)
    let path = path.reversed().starts(with: removed.reversed()) ? path.dropLast(removed.count) : path[...]

    var found: (ContainerReference, depth: Int)?
    var podUID: String?
    var inKubepods = false
    var parent = ""
    for bytes in path.split(separator: UInt8(ascii: "/")) {
      // systemd's form of a group, under a runtime that uses it as a folder name: SLICE:PREFIX:NAME.
      let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      let slice = String(decoding: parts[0], as: UTF8.self)
      if slice.range(ofLast: "kubepods") != nil { inKubepods = true }
      if inKubepods, let uid = Self.podUID(inComponent: slice) { podUID = uid }

      let named: (runtime: Container.Runtime, id: String)? =
        parts.count == 3
        ? Self.container(prefix: parts[1], id: parts[2])
        : parts.count == 1 ? Self.container(inComponent: slice, parent: parent) : nil
      if let named {
        found = (
          ContainerReference(runtime: named.runtime, id: named.id, podUID: podUID),
          depth: (found?.depth ?? 0) + 1
        )
        // Anything below is a container within this one, and not the kubelet's.
        podUID = nil
        inKubepods = false
      }
      parent = slice
    }
    return found
  }

  /// Whether `text` is a full container id.
  static func isID(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy(isHexadecimal)
  }

  /// Whether `text` can be a pod's UID: a UUID, or the hash that a static pod has.
  static func isPodUID(_ text: some StringProtocol) -> Bool {
    let digits = text.utf8
    return (1...64).contains(digits.count)
      && digits.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == UInt8(ascii: "-")
      }
  }

  private static func container(
    inComponent component: String, parent: String
  ) -> (Container.Runtime, String)? {
    if isID(component) {
      // Below Podman's own parent a bare id is a pod's; its containers are one level down.
      if parent == "libpod_parent" { return nil }
      return (parent == "docker" ? .docker : .unknown, component)
    }
    if isECSContainer(component, ofTask: parent) { return (.unknown, component) }
    let isScope = component.hasSuffix(".scope")
    let name = isScope ? component.dropLast(".scope".count) : component[...]
    guard name.utf8.count > 65 else { return nil }
    let id = name.suffix(64)
    guard isID(id), name.dropLast(64).last == "-" else { return nil }
    let prefix = name.dropLast(65)
    let named = container(prefix: Array(prefix.utf8)[...], id: Array(id.utf8)[...])
    // Only a scope is a container's whatever its prefix; a folder of that form may be anything.
    return isScope || named?.0 != .unknown ? named : nil
  }

  /// Whether a folder is a container's of the ECS task above it: the task's 32 hexadecimal digits, and a
  /// number.
  private static func isECSContainer(_ component: String, ofTask task: String) -> Bool {
    let number = component.utf8.dropFirst(33)
    return task.utf8.count == 32 && task.utf8.allSatisfy(isHexadecimal) && component.hasPrefix(task + "-")
      && (1...20).contains(number.count) && number.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// A lower-case hexadecimal digit.
  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func container(
    prefix: ArraySlice<UInt8>, id: ArraySlice<UInt8>
  ) -> (Container.Runtime, String)? {
    let id = String(decoding: id, as: UTF8.self)
    guard isID(id) else { return nil }
    switch String(decoding: prefix, as: UTF8.self) {
    case "docker": return (.docker, id)
    case "cri-containerd", "containerd", "nerdctl": return (.containerd, id)
    case "crio": return (.crio, id)
    case "libpod": return (.podman, id)
    // The monitor of a container has its id, and runs outside it.
    case let other where other.hasSuffix("conmon"): return nil
    default: return (.unknown, id)
    }
  }

  /// `podUID`, or `kubepods-burstable-podU_I_D.slice` (systemd reads `-` in a slice's name as a level).
  private static func podUID(inComponent component: String) -> String? {
    let uid: String
    if component.hasSuffix(".slice") {
      guard let mark = component.range(ofLast: "-pod") else { return nil }
      uid = component[mark...].dropLast(".slice".count).map { $0 == "_" ? "-" : String($0) }.joined()
    } else {
      guard component.hasPrefix("pod") else { return nil }
      uid = String(component.dropFirst(3))
    }
    return isPodUID(uid) ? uid : nil
  }
}

extension String {
  /// Where the text after the last occurrence of `mark` begins.
  fileprivate func range(ofLast mark: String) -> String.Index? {
    var start = endIndex
    while start > startIndex {
      start = index(before: start)
      if self[start...].hasPrefix(mark) { return index(start, offsetBy: mark.count) }
    }
    return nil
  }
}
