import Processes
import SystemPackage
import Text

/// The annotations of a running container's OCI bundle: what its runtime wrote into `config.json`.
struct OCIBundle: Hashable, Sendable {
  let annotations: [String: String]

  /// ```
  /// {"ociVersion":"1.0.2-dev","annotations":{"io.kubernetes.cri.container-name":"rest-api",…},…}
  /// ```
  init(parsing bytes: [UInt8]) throws(ParseError) {
    struct File: Decodable {
      let ociVersion: String
      let annotations: [String: String]?
    }
    annotations = try RuntimeJSON.decode(File.self, from: bytes).annotations ?? [:]
  }

  /// The first of `keys` that has a value.
  func value(_ keys: String...) -> String? {
    for key in keys {
      if let value = annotations[key], !value.isEmpty { return value }
    }
    return nil
  }

  /// Where containerd keeps its state: its own default, then those of k3s, RKE2 and MicroK8s, then that of
  /// the one which Docker starts for itself.
  static let containerdStates: [FilePath] = [
    "/run/containerd", "/run/k3s/containerd", "/var/snap/microk8s/common/run/containerd",
    "/run/docker/containerd/daemon",
  ]
  static let containerdTasks: FilePath.Component = "io.containerd.runtime.v2.task"

  /// The containerd namespace in which Docker's own containers are.
  static let dockerNamespace = "moby"

  /// containerd's bundle of the container `id` and the containerd namespace in which it is.
  static func lookInContainerd(
    for id: String, files: ContainerFiles
  ) -> Search<(bundle: OCIBundle, namespace: String)> {
    var search = Search<(bundle: OCIBundle, namespace: String)>()
    for state in containerdStates {
      let tasks = state.appending(containerdTasks)
      var namespaces = ["k8s.io"]
      search.attempt { () throws(HostError) in
        namespaces += try files.names(in: tasks).filter { $0 != "k8s.io" }
        return nil
      }
      for namespace in namespaces {
        search.attempt { () throws(HostError) in
          let path = tasks.appending(namespace).appending(id).appending("config.json")
          return (try files.value(at: path, parsing: OCIBundle.init(parsing:)), namespace)
        }
      }
    }
    return search
  }

  /// CRI-O's bundle of the container `id`: below the run root, or with the storage.
  static func lookInCRIO(
    for id: String, evidence: MountEvidence, files: ContainerFiles
  ) -> Search<OCIBundle> {
    var search = Search<OCIBundle>()
    let roots =
      evidence.userdata.map(\.runRoot) + [PodmanContainer.defaultRunRoot]
      + evidence.graphRoots + [PodmanContainer.defaultGraphRoot]
    var drivers = evidence.userdata.map(\.driver)
    for driver in ["overlay", "vfs", "btrfs"] where !drivers.contains(driver) { drivers.append(driver) }
    for root in roots {
      for driver in drivers {
        search.attempt { () throws(HostError) in
          let folder = root.appending("\(driver)-containers").appending(id).appending("userdata")
          return try files.value(at: folder.appending("config.json"), parsing: OCIBundle.init(parsing:))
        }
      }
    }
    return search
  }
}
