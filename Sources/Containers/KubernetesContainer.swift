import SystemPackage

/// The names of a container in a Kubernetes pod, each known or not.
public struct KubernetesContainer: Hashable, Sendable {
  public var namespace: String?
  public var pod: String?
  var container: String?

  static let containerLogs: FilePath = "/var/log/containers"
  public static let podLogs: FilePath = "/var/log/pods"

  /// The name of a link that the kubelet makes for each container in `/var/log/containers`, and the id in it;
  /// `nil` for any other name. None of the parts can contain `_`.
  ///
  /// ```
  /// rest-api-6d5f7c9b8-x2x9k_placeos_rest-api-4c1d0e6f2a3b4859….log
  /// ```
  public static func parse(containerLogName name: String) -> (id: String, names: KubernetesContainer)? {
    guard name.hasSuffix(".log") else { return nil }
    let parts = name.dropLast(4).split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2].utf8.count > 65, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    let id = parts[2].suffix(64)
    let container = parts[2].dropLast(64)
    guard ContainerReference.isID(id), container.last == "-" else { return nil }
    return (
      String(id),
      KubernetesContainer(
        namespace: String(parts[1]), pod: String(parts[0]), container: String(container.dropLast()))
    )
  }

  /// The name of a pod's folder in `/var/log/pods`, and the UID in it; `nil` for any other name.
  ///
  /// ```
  /// placeos_rest-api-6d5f7c9b8-x2x9k_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
  /// ```
  public static func parse(podFolderName name: String) -> (uid: String, names: KubernetesContainer)? {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty, ContainerReference.isPodUID(parts[2])
    else { return nil }
    return (String(parts[2]), KubernetesContainer(namespace: String(parts[0]), pod: String(parts[1])))
  }

  /// The names in a bundle's annotations, by containerd's or CRI-O's keys.
  init(annotations: OCIBundle) {
    namespace = annotations.value("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace")
    pod = annotations.value("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name")
    container = annotations.value("io.kubernetes.cri.container-name", "io.kubernetes.container.name")
  }

  /// The names in the labels of a container that the kubelet had Docker make.
  init(labels: [String: String]) {
    namespace = labels["io.kubernetes.pod.namespace"]
    pod = labels["io.kubernetes.pod.name"]
    container = labels["io.kubernetes.container.name"]
  }

  init(namespace: String? = nil, pod: String? = nil, container: String? = nil) {
    self.namespace = namespace
    self.pod = pod
    self.container = container
  }

  var isComplete: Bool { namespace != nil && pod != nil && container != nil }

  /// Fills in from `other` what is not known yet.
  mutating func complete(from other: KubernetesContainer) {
    namespace = namespace ?? other.namespace
    pod = pod ?? other.pod
    container = container ?? other.container
  }
}
