import Processes
import Text

/// The container that a process runs in, as the host's own files show it.
public struct Container: Hashable, Sendable {
  public enum Runtime: String, Codable, Sendable, CaseIterable {
    case docker, containerd, podman
    case crio = "cri-o"
    /// There is a container (its id is known), but nothing tells which runtime made it.
    case unknown
  }

  public let runtime: Runtime
  /// The full id, as the runtime gives it: 64 hexadecimal digits for all runtimes known here.
  public let id: String
  /// The container's name; `nil` if the host's files do not tell it.
  @OrNull public private(set) var name: String?
  /// The image as it was named when the container was made, such as `registry/placeos/rest-api:latest`.
  @OrNull public private(set) var image: String?
  /// The service's name in its compose project (label `com.docker.compose.service`).
  public let composeService: String?
  public let pod: Pod?
  /// Why name or image are not known, if a file that should tell them could not be read or parsed.
  public let unreadable: HostError?

  public init(
    runtime: Runtime, id: String, name: String? = nil, image: String? = nil,
    composeService: String? = nil, pod: Pod? = nil, unreadable: HostError? = nil
  ) {
    self.runtime = runtime
    self.id = id
    self.name = name?.cut()
    self.image = image?.cut()
    self.composeService = composeService?.cut()
    self.pod = pod
    self.unreadable = unreadable
  }

  /// The fields that are recorded, and shown to programs.
  private enum CodingKeys: String, CodingKey { case runtime, id, name, image, pod }

  /// Without the other fields: as after being written and read again.
  public var recorded: Container {
    Container(runtime: runtime, id: id, name: name, image: image, pod: pod)
  }

  /// Without its pod, for documents that have the two side by side.
  public var withoutPod: Container { Container(runtime: runtime, id: id, name: name, image: image) }
}

/// The Kubernetes pod that a container belongs to.
public struct Pod: Hashable, Sendable {
  public let uid: String
  @OrNull public private(set) var namespace: String?
  @OrNull public private(set) var name: String?
  /// The name of the container within the pod.
  @OrNull public private(set) var container: String?

  public init(uid: String, namespace: String?, name: String?, container: String?) {
    self.uid = uid.cut()
    self.namespace = namespace?.cut()
    self.name = name?.cut()
    self.container = container?.cut()
  }
}

extension Container: Codable {
  /// What state files before version 3 had next to a container's name, instead of `pod`.
  private enum OldKeys: String, CodingKey {
    case podNamespace = "pod_namespace"
    case podName = "pod_name"
    case podContainer = "pod_container"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    var pod = try values.decodeIfPresent(Pod.self, forKey: .pod)
    let old = try decoder.container(keyedBy: OldKeys.self)
    if let name = try old.decodeIfPresent(String.self, forKey: .podName) {
      pod = Pod(
        uid: "", namespace: try old.decodeIfPresent(String.self, forKey: .podNamespace), name: name,
        container: try old.decodeIfPresent(String.self, forKey: .podContainer))
    }
    self.init(
      runtime: Runtime(rawValue: try values.decode(String.self, forKey: .runtime)) ?? .unknown,
      id: try values.decode(String.self, forKey: .id),
      name: try values.decodeIfPresent(String.self, forKey: .name),
      image: try values.decodeIfPresent(String.self, forKey: .image), pod: pod)
  }
}

extension Pod: Codable {
  private enum CodingKeys: String, CodingKey { case uid, namespace, name, container }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    // Older lines of the history lack it.
    self.init(
      uid: try values.decodeIfPresent(String.self, forKey: .uid) ?? "",
      namespace: try values.decodeIfPresent(String.self, forKey: .namespace),
      name: try values.decodeIfPresent(String.self, forKey: .name),
      container: try values.decodeIfPresent(String.self, forKey: .container))
  }
}
