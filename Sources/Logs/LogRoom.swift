import Containers
import Processes
import SystemPackage

/// Where what a process logs takes up room.
public struct LogRoom: Hashable, Sendable {
  public let path: FilePath
  /// What a person knows it by.
  public let name: FilePath

  private static let hostLogs: FilePath = "/var/log"

  private init(_ path: FilePath, name: FilePath? = nil) {
    self.path = path
    self.name = name ?? path
  }

  /// What is left there.
  public func space() throws(HostError) -> FileSystemSpace { try FileSystemSpace(of: path, named: name) }

  /// Places on the file systems that take the log of a process: its standard output where that is a file, its
  /// container's log, or Docker's data root and `/var/log`, where nothing tells more.
  ///
  /// - Parameters:
  ///   - container: its runtime and its id.
  ///   - root: the folder that stands for `/`.
  public static func find(
    of process: borrowing ProcessDirectory, container: (runtime: Container.Runtime, id: String)?,
    root: FilePath = "/"
  ) -> [LogRoom] {
    let files = ContainerFiles(root: root)
    let known = container.map { Container(runtime: $0.runtime, id: $0.id) }
    // A right that is missing, or a process that has just ended: the usual places then.
    switch (try? LogSource.find(of: process, container: known, files: files))??.place {
    case .standardOutput:
      let name = (try? process.link("fd/1")) ?? nil
      return [LogRoom(process.path.appending("fd/1"), name: name.map { FilePath($0) })]
    case .file(let path): return [LogRoom(files.below(path.removingLastComponent()))]
    case .folder(let path): return [LogRoom(files.below(path))]
    case nil: break
    }
    let dataRoot = files.below(DockerContainer.defaultDataRoot)
    let isDocker = container.map { $0.runtime == .docker || $0.runtime == .unknown } ?? false
    let hasDataRoot = (try? FileStatus(at: dataRoot)) != nil
    return (isDocker && hasDataRoot ? [LogRoom(dataRoot)] : []) + [LogRoom(files.below(hostLogs))]
  }
}
