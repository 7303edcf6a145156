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

  /// Where containerd keeps its state: its default, then those of k3s, RKE2, MicroK8s and k0s, then that of
  /// the containerd that Docker starts for itself.
  static let containerdStates: [FilePath] = [
    "/run/containerd", "/run/k3s/containerd", "/var/snap/microk8s/common/run/containerd",
    "/run/k0s/containerd", "/run/docker/containerd/daemon",
  ]
  static let containerdTasks: FilePath.Component = "io.containerd.runtime.v2.task"

  /// The containerd namespace of Docker's own containers.
  static let dockerNamespace = "moby"

  /// containerd's bundle of the container `id` and its containerd namespace.
  ///
  /// - Parameter pid: a process of it: if the bundle is in no known folder of the host, its shim may tell.
  static func lookInContainerd(
    for id: String, process pid: Int32, files: ContainerFiles
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
    search.attempt { () throws(HostError) in try ofShim(for: id, process: pid, files: files) }
    return search
  }

  /// The bundle that is the working directory of the container's shim, wherever containerd keeps its state:
  /// on a node in a container (kind), in another distribution, with another `--state`.
  ///
  /// The shim is the first ancestor of the process outside the container. It is believed if it belongs to
  /// root in the user namespace of this program: nobody else can have it run there.
  private static func ofShim(
    for id: String, process pid: Int32, files: ContainerFiles
  ) throws(HostError) -> (bundle: OCIBundle, namespace: String)? {
    var pid = pid
    for _ in 0..<limitAncestors {
      guard let child = try files.process(pid) else { return nil }
      pid = try child.stat().parentPID
      guard pid > 1, let parent = try files.process(pid) else { return nil }
      guard try files.controlGroups(ofProcess: String(pid)).containerReference?.id != id else { continue }
      guard files.isOfRoot(parent), let folder = (try parent.link("cwd")).map({ FilePath($0) }),
        folder.lastComponent?.string == id, folder.components.contains(containerdTasks),
        let namespace = folder.removingLastComponent().lastComponent?.string
      else { return nil }
      let bytes = try TrustedFile.bytes(
        named: "config.json", inWorkingDirectoryOf: parent, limitBytes: ContainerFiles.limitBytes)
      do throws(ParseError) { return (try OCIBundle(parsing: bytes), namespace) } catch {
        throw .malformed(path: folder.appending("config.json"), reason: error.reason)
      }
    }
    return nil
  }

  /// How many ancestors of the process are searched.
  private static let limitAncestors = 16

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
