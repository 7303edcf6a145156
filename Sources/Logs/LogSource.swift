import Containers
import Glibc
import Processes
import SystemPackage
import Text

/// The files with a process's output.
struct LogSource: Sendable {
  enum Place: Hashable, Sendable {
    /// The regular file that the process's standard output is.
    case standardOutput
    /// A file of the runtime; its older lines may be next to it.
    case file(FilePath)
    /// A folder with one file, `N.log`, for every start of a container. The current one is the one last
    /// written to: after a restart of the node the count begins again, and an older `3.log` may lie beside
    /// the current `0.log`.
    case folder(FilePath)
  }

  let place: Place
  let format: LogEntry.Format
  let files: ContainerFiles

  /// An open file, and the name by which it was opened.
  struct Opened: ~Copyable {
    let descriptor: FileDescriptor
    let path: FilePath
    let status: FileStatus

    deinit { try? descriptor.close() }
  }

  /// The file with what was written before the first line of another.
  enum Older: ~Copyable {
    case none
    case file(Opened)
    /// There is one, and it is compressed.
    case unreadable
  }

  /// The status of the file that would be opened now; `nil` if there is none.
  func status(of process: borrowing ProcessDirectory) throws(HostError) -> FileStatus? {
    do {
      if place == .standardOutput { return try FileStatus(at: "fd/1", in: process.descriptor) }
      guard let path = try path() else { return nil }
      return try FileStatus(at: path, followLinks: false)
    } catch let error as Errno {
      if error == .noSuchFileOrDirectory { return nil }
      throw .unreadable(path: name(process), error)
    } catch let error as HostError {
      throw error
    } catch {
      throw .unreadable(path: name(process), .ioError)
    }
  }

  func open(of process: borrowing ProcessDirectory) throws(HostError) -> Opened? {
    // The kernel opens the very file that is the standard output, in whichever mount namespace it is, and
    // whatever has become of its name.
    if place == .standardOutput {
      return try Self.open("fd/1", in: process.descriptor, path: name(process), flags: 0)
    }
    guard let path = try path() else { return nil }
    return try Self.open(path)
  }

  /// The file whose end continues at the start of the one at `path`.
  func older(than path: FilePath) throws(HostError) -> Older {
    switch place {
    case .standardOutput: return .none
    case .file where format == .docker || format == .local:
      let older = path.string + ".1"
      if let opened = try Self.open(FilePath(older)) { return .file(opened) }
      return access(older + ".gz", F_OK) == 0 ? .unreadable : .none
    // Podman's conmon discards a file that has grown too large.
    case .file: return .unreadable
    case .folder(let folder):
      guard let base = path.lastComponent?.string else { return .none }
      // The kubelet: 0.log.20261122-123944, compressed at the rotation after.
      let names = try files.names(in: folder)
      guard let last = names.filter({ $0.hasPrefix(base + ".") }).max() else { return .none }
      if last.hasSuffix(".gz") || last.hasSuffix(".tmp") { return .unreadable }
      guard let opened = try Self.open(path.removingLastComponent().appending(last)) else { return .none }
      return .file(opened)
    }
  }

  /// Where it is, however often its files change; `nil` for standard output.
  var name: String? {
    switch place {
    case .standardOutput: nil
    case .file(let path), .folder(let path): path.string
    }
  }

  /// Whether the folder of its files is gone: the container or the pod was removed. A folder that may not be
  /// read does not count as gone.
  var hasGone: Bool {
    let folder: FilePath
    switch place {
    case .standardOutput: return false
    case .file(let path): folder = path.removingLastComponent()
    case .folder(let path): folder = path
    }
    return FileStatus.isMissing(files.below(folder))
  }

  private func name(_ process: borrowing ProcessDirectory) -> FilePath {
    switch place {
    case .standardOutput: process.path.appending("fd/1")
    case .file(let path), .folder(let path): files.below(path)
    }
  }

  func path() throws(HostError) -> FilePath? {
    switch place {
    case .standardOutput: return nil
    case .file(let path): return files.below(path)
    case .folder(let folder): return try currentPodLog(in: folder)
    }
  }

  static func open(_ path: FilePath) throws(HostError) -> Opened? {
    try open(path.string, in: FileDescriptor(rawValue: AT_FDCWD), path: path, flags: O_NOFOLLOW)
  }

  /// Opens a regular file. It is checked before, because opening a device may have effects; and after,
  /// because it may have been exchanged. O_NONBLOCK keeps open(2) of a pipe from waiting for its writer.
  private static func open(
    _ name: String, in directory: FileDescriptor, path: FilePath, flags: Int32
  ) throws(HostError) -> Opened? {
    do {
      guard try FileStatus(at: name, in: directory, followLinks: flags & O_NOFOLLOW == 0).isRegular
      else { throw HostError.notRegular(path: path) }
      let raw = openat(directory.rawValue, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags)
      guard raw >= 0 else { throw Errno(rawValue: errno) }
      let descriptor = FileDescriptor(rawValue: raw)
      do {
        let status = try FileStatus(of: descriptor)
        guard status.isRegular else { throw HostError.notRegular(path: path) }
        return Opened(descriptor: descriptor, path: path, status: status)
      } catch {
        try? descriptor.close()
        throw error
      }
    } catch let error as HostError {
      throw error
    } catch {
      let code = Errno(of: error)
      if code == .noSuchFileOrDirectory { return nil }
      throw .unreadable(path: path, code)
    }
  }
}

extension LogSource {
  /// Where a process's output is kept; `nil` if it is in no file that is known here.
  ///
  /// - Throws: if there may be such a file, and its place cannot be told.
  static func find(
    of process: borrowing ProcessDirectory, container: Container?, files: ContainerFiles
  ) throws(HostError) -> LogSource? {
    let output = LogSource(place: .standardOutput, format: .plain, files: files)
    if try output.status(of: process)?.isRegular == true { return output }
    guard let container else { return nil }
    if let pod = container.pod, container.runtime != .docker {
      return try folder(of: pod, files: files).map {
        LogSource(place: .folder($0), format: .cri, files: files)
      }
    }
    let usual = runtimeFile(
      of: container, docker: [DockerContainer.defaultDataRoot.appending("containers")],
      storages: [PodmanContainer.defaultGraphRoot], files: files)
    if let usual { return usual }
    let host = files.root == "/" ? "self" : "1"
    let evidence = MountEvidence(
      mounts: try files.mounts(ofProcess: String(process.pid), at: MountEvidence.points),
      host: try files.mounts(ofProcess: host),
      isTrusted: files.isTrusted)
    return runtimeFile(
      of: container, docker: evidence.dockerFolders, storages: evidence.graphRoots, files: files)
  }

  /// Docker's or Podman's log file of the container, in one of these folders.
  ///
  private static func runtimeFile(
    of container: Container, docker: [FilePath], storages: [FilePath], files: ContainerFiles
  ) -> LogSource? {
    func isThere(_ path: FilePath) -> Bool {
      (try? FileStatus(at: files.below(path), followLinks: false)) != nil
    }
    if container.runtime == .docker || container.runtime == .unknown {
      for folder in docker {
        let path = folder.appending(container.id).appending("\(container.id)-json.log")
        if isThere(path) { return LogSource(place: .file(path), format: .docker, files: files) }
        let other = folder.appending(container.id).appending("local-logs/container.log")
        if isThere(other) { return LogSource(place: .file(other), format: .local, files: files) }
      }
    }
    if container.runtime == .podman || container.runtime == .unknown {
      for storage in storages {
        for driver in PodmanContainer.drivers {
          let folder = storage.appending("\(driver)-containers").appending(container.id)
          let path = folder.appending("userdata").appending("ctr.log")
          if isThere(path) { return LogSource(place: .file(path), format: .cri, files: files) }
        }
      }
    }
    return nil
  }

  /// `/var/log/pods/NAMESPACE_POD_UID/CONTAINER`
  private static func folder(of pod: Pod, files: ContainerFiles) throws(HostError) -> FilePath? {
    guard let container = pod.container, FilePath.Component(container)?.kind == .regular else { return nil }
    let names: [String]
    do {
      names = try files.names(in: KubernetesContainer.podLogs)
    } catch {
      if error.isMissingFile { return nil }
      throw error
    }
    let name = names.first { name in
      guard let parsed = KubernetesContainer.parse(podFolderName: name), parsed.uid == pod.uid
      else { return false }
      return (pod.namespace == nil || parsed.names.namespace == pod.namespace)
        && (pod.name == nil || parsed.names.pod == pod.name)
    }
    guard let name else { return nil }
    return KubernetesContainer.podLogs.appending(name).appending(container)
  }
}
