import Processes
import SystemPackage

/// Tells which container a process runs in, from the host's own files; no daemon is ever asked, because it
/// may hang in the very incident that this program is used in.
///
/// The id comes from the process's control groups or, failing them, its mounts; names and image come from the
/// files that the runtime keeps. Results are kept for the resolver's life, one run: make a new one for the
/// next.
public struct ContainerResolver {
  private let files: ContainerFiles
  /// The mounts by which this program reaches files, read once.
  private var hostMounts: Result<MountInfo, HostError>?
  /// The mount namespace of this program; `.some(nil)` once it is known to be unknowable.
  private var hostNamespace: FileStatus??
  /// The container that this host itself is in, if any; `.some(nil)` once it is known to be in none.
  private var hostID: String??
  private var known: [String: Container] = [:]
  private var containerLogs: Result<[String: KubernetesContainer], HostError>?
  private var podLogs: Result<[String: KubernetesContainer], HostError>?

  /// - Parameter root: the folder that stands for `/`: everything is read below it.
  public init(root: FilePath = "/") { files = ContainerFiles(root: root) }

  /// The container of the process `pid`; `nil` if its control groups and its mounts agree that it has none.
  ///
  /// If a file that should tell more is missing, or cannot be read or parsed, the container lacks what it
  /// would have told, and `Container.unreadable` says why.
  ///
  /// - Parameter cgroups: the process's `/proc/PID/cgroup`.
  /// - Throws: if the control groups name no container and the mounts cannot be read, so that it is unknown
  ///   whether there is one. For a process that has ended it is `.unreadable` of its mountinfo.
  public mutating func container(
    of pid: Int32, cgroups: ControlGroups
  ) throws(HostError) -> Container? {
    let reference = cgroups.containerReference.flatMap { $0.id == ownID() ? nil : $0 }
    if let reference, let container = known[reference.id] { return container }
    // In the host's own mount namespace the mounts are the host's, and would tell nothing; namespaces(7).
    if reference == nil, let namespace = files.mountNamespace(ofProcess: String(pid)),
      let host = namespaceOfHost(), namespace.isSameFile(as: host)
    {
      return nil
    }

    let evidence: MountEvidence
    do {
      evidence = MountEvidence(
        mounts: try files.mounts(ofProcess: String(pid), at: MountEvidence.points), host: try mountsOfHost(),
        isTrusted: files.isTrusted)
    } catch {
      guard let reference else { throw error }
      // Not kept: it may work for another process of the container, if this one has just ended.
      return Container(
        runtime: reference.runtime, id: reference.id,
        pod: reference.podUID.map { Pod(uid: $0, namespace: nil, name: nil, container: nil) },
        unreadable: error)
    }
    guard let reference = reference ?? Self.reference(by: evidence) else {
      if let uid = evidence.podUID {
        throw .malformed(
          path: files.below(FilePath("/proc/\(pid)/cgroup")),
          reason: "it names no container, though the mounts are those of the pod \(uid)")
      }
      return nil
    }
    if let container = known[reference.id] { return container }
    let container = resolve(reference, evidence, process: pid)
    known[reference.id] = container
    return container
  }

  /// The container whose files are mounted, for a process whose groups name none.
  private static func reference(by evidence: MountEvidence) -> ContainerReference? {
    // CRI-O mounts files of its pod's sandbox, not of the container: they do not tell which one it is.
    if evidence.podUID != nil { return nil }
    if let id = evidence.dockerID { return ContainerReference(runtime: .docker, id: id) }
    return evidence.userdata.first.map { ContainerReference(runtime: .podman, id: $0.id) }
  }

  private mutating func mountsOfHost() throws(HostError) -> MountInfo {
    if let hostMounts { return try hostMounts.get() }
    let (files, process) = (files, processOfHost)
    let result = Result { () throws(HostError) in try files.mounts(ofProcess: process) }
    hostMounts = result
    return try result.get()
  }

  private mutating func namespaceOfHost() -> FileStatus? {
    if let hostNamespace { return hostNamespace }
    let namespace = files.mountNamespace(ofProcess: processOfHost)
    hostNamespace = .some(namespace)
    return namespace
  }

  /// Paths are opened in this process's own mount namespace; below another root it is process 1's.
  private var processOfHost: String { files.root == "/" ? "self" : "1" }

  /// The container of process 1: what this program calls the host may be a container of another machine (a
  /// build job's, say), and then everything on it has that container's id.
  private mutating func ownID() -> String? {
    if let hostID { return hostID }
    // Carry on if it is unreadable: the process's own groups have been read.
    let id = (try? files.controlGroups(ofProcess: "1"))?.containerReference?.id
    hostID = .some(id)
    return id
  }

  private mutating func resolve(
    _ reference: ContainerReference, _ evidence: MountEvidence, process pid: Int32
  ) -> Container {
    if let uid = reference.podUID ?? evidence.podUID {
      return kubernetes(reference, uid: uid, evidence, process: pid)
    }
    switch reference.runtime {
    case .docker: return docker(reference.id, evidence)
    case .podman: return podman(reference.id, evidence)
    case .containerd: return containerd(reference.id, process: pid)
    case .crio:
      let search = OCIBundle.lookInCRIO(for: reference.id, evidence: evidence, files: files)
      return Container(runtime: .crio, id: reference.id, unreadable: search.failure)
    case .unknown: return unknown(reference.id, evidence, process: pid)
    }
  }

  private func docker(_ id: String, _ evidence: MountEvidence) -> Container {
    let search = DockerContainer.look(for: id, evidence: evidence, files: files)
    guard let record = search.found else {
      return Container(runtime: .docker, id: id, unreadable: search.failure)
    }
    return Container(
      runtime: .docker, id: id, name: record.name, image: record.image,
      composeService: record.composeService)
  }

  private func podman(_ id: String, _ evidence: MountEvidence) -> Container {
    let search = PodmanContainer.look(for: id, evidence: evidence, files: files)
    guard let record = search.found else {
      return Container(runtime: .podman, id: id, unreadable: search.failure)
    }
    return Container(runtime: .podman, id: id, name: record.name, image: record.image)
  }

  /// containerd without Kubernetes. It keeps image and labels in its own database; the bundle has a name if
  /// nerdctl made the container.
  private func containerd(_ id: String, process pid: Int32) -> Container {
    let search = OCIBundle.lookInContainerd(for: id, process: pid, files: files)
    return Container(
      runtime: .containerd, id: id, name: search.found?.bundle.value("nerdctl/name"),
      unreadable: search.failure)
  }

  /// The group's path did not tell the runtime: the mounts do, or else the files of the runtime that knows
  /// the id.
  private func unknown(_ id: String, _ evidence: MountEvidence, process pid: Int32) -> Container {
    if evidence.dockerID == id { return docker(id, evidence) }
    if evidence.userdata.contains(where: { $0.id == id }) { return podman(id, evidence) }
    let inDocker = DockerContainer.look(for: id, evidence: evidence, files: files)
    if inDocker.found != nil { return docker(id, evidence) }
    let inPodman = PodmanContainer.look(for: id, evidence: evidence, files: files)
    if inPodman.found != nil { return podman(id, evidence) }
    let inContainerd = OCIBundle.lookInContainerd(for: id, process: pid, files: files)
    if let found = inContainerd.found {
      return found.namespace == OCIBundle.dockerNamespace
        ? docker(id, evidence) : containerd(id, process: pid)
    }
    // A record that exists and is unreadable may be the container's; a missing one tells nothing.
    return Container(
      runtime: .unknown, id: id,
      unreadable: inDocker.unreadable ?? inPodman.unreadable ?? inContainerd.unreadable)
  }

  private mutating func kubernetes(
    _ reference: ContainerReference, uid: String, _ evidence: MountEvidence, process pid: Int32
  ) -> Container {
    var names = KubernetesContainer(container: evidence.podContainer)
    var runtime = reference.runtime
    var image: String?
    var failure: HostError?

    let inContainerd =
      runtime == .containerd || runtime == .unknown
      ? OCIBundle.lookInContainerd(for: reference.id, process: pid, files: files) : Search()
    let inCRIO =
      runtime == .crio || (runtime == .unknown && inContainerd.found == nil)
      ? OCIBundle.lookInCRIO(for: reference.id, evidence: evidence, files: files) : Search()
    if let (bundle, namespace) = inContainerd.found, namespace != OCIBundle.dockerNamespace {
      runtime = .containerd
      image = bundle.value("io.kubernetes.cri.image-name")
      names.complete(from: KubernetesContainer(annotations: bundle))
    } else if let bundle = inCRIO.found {
      runtime = .crio
      image = bundle.value("io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image")
      names.complete(from: KubernetesContainer(annotations: bundle))
    } else if runtime == .docker || runtime == .unknown {
      let inDocker = DockerContainer.look(for: reference.id, evidence: evidence, files: files)
      if let record = inDocker.found {
        runtime = .docker
        image = record.image
        names.complete(from: KubernetesContainer(labels: record.labels))
      } else {
        failure = inContainerd.unreadable ?? inCRIO.unreadable ?? inDocker.unreadable
        failure = failure ?? inContainerd.missing ?? inDocker.missing
      }
    } else {
      failure = inContainerd.failure ?? inCRIO.failure
    }

    if !names.isComplete {
      do {
        if let logged = try loggedContainers()[reference.id] { names.complete(from: logged) }
        if !names.isComplete, let logged = try loggedPods()[uid] { names.complete(from: logged) }
      } catch {
        failure = failure ?? error
      }
    }
    return Container(
      runtime: runtime, id: reference.id, name: names.container, image: image,
      pod: Pod(uid: uid, namespace: names.namespace, name: names.pod, container: names.container),
      unreadable: failure)
  }

  private mutating func loggedContainers() throws(HostError) -> [String: KubernetesContainer] {
    if let containerLogs { return try containerLogs.get() }
    let result = names(in: KubernetesContainer.containerLogs) {
      KubernetesContainer.parse(containerLogName: $0).map { ($0.id, $0.names) }
    }
    containerLogs = result
    return try result.get()
  }

  private mutating func loggedPods() throws(HostError) -> [String: KubernetesContainer] {
    if let podLogs { return try podLogs.get() }
    let result = names(in: KubernetesContainer.podLogs) {
      KubernetesContainer.parse(podFolderName: $0).map { ($0.uid, $0.names) }
    }
    podLogs = result
    return try result.get()
  }

  /// What the names in a folder tell, by id. A folder that does not exist tells nothing.
  private func names(
    in folder: FilePath, parsing parse: (String) -> (String, KubernetesContainer)?
  ) -> Result<[String: KubernetesContainer], HostError> {
    do {
      let pairs = try files.names(in: folder).compactMap(parse)
      return .success(Dictionary(pairs) { first, _ in first })
    } catch {
      return error.isMissingFile ? .success([:]) : .failure(error)
    }
  }
}
