import Processes
import Text

/// The container that a process runs in, as the host's own files tell it.
public struct Container: Hashable, Sendable {
  public enum Runtime: String, Sendable, CaseIterable {
    case docker, containerd, podman
    case crio = "cri-o"
    /// There is a container (its id is known), but nothing tells which runtime made it.
    case unknown
  }

  public let runtime: Runtime
  /// The full id, as the runtime gives it: 64 hexadecimal digits for all runtimes known here.
  public let id: String
  /// The container's name; `nil` where the host's files do not tell it.
  public let name: String?
  /// The image as it was named when the container was made, such as `registry/placeos/rest-api:latest`.
  public let image: String?
  /// The service's name in its compose project (label `com.docker.compose.service`).
  public let composeService: String?
  public let pod: Pod?
  /// Why name or image are not known, where a file that should tell them could not be read or understood.
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
}

/// The Kubernetes pod that a container belongs to.
public struct Pod: Hashable, Sendable {
  public let uid: String
  public let namespace: String?
  public let name: String?
  /// The name of the container within the pod.
  public let container: String?

  public init(uid: String, namespace: String?, name: String?, container: String?) {
    self.uid = uid.cut()
    self.namespace = namespace?.cut()
    self.name = name?.cut()
    self.container = container?.cut()
  }
}
