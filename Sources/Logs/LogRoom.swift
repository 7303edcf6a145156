import Containers
import Processes
import SystemPackage

/// Where a process's logs take up space.
public struct LogRoom: Hashable, Sendable {
  public let path: FilePath
  /// The name a person knows it by.
  public let name: FilePath

  private static let hostLogs: FilePath = "/var/log"

  private init(_ path: FilePath, name: FilePath? = nil) {
    self.path = path
    self.name = name ?? path
  }

  /// The space left there.
  public func space() throws(HostError) -> FileSystemSpace { try FileSystemSpace(of: path, named: name) }

  /// Places on the file systems that hold the log of a process: its standard output if that is a file, its
  /// container's log, or Docker's data root and `/var/log` if nothing else is known.
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
    // A missing right, or a process that has just ended: use the default places.
    switch (try? LogSource.find(of: process, container: known, files: files))??.place {
    case .standardOutput:
      let name = (try? process.link("fd/1")) ?? nil
      return [LogRoom(process.path.appending("fd/1"), name: name.map { FilePath($0) })]
    case .file(let path): return [LogRoom(files.below(path.removingLastComponent()))]
    case .folder(let path): return [LogRoom(files.below(path))]
    case nil: break
    }
    let hostRoom = LogRoom(files.below(hostLogs))
    guard let container, container.runtime == .docker || container.runtime == .unknown else {
      return [hostRoom]
    }
    let dataRoot = files.below(DockerContainer.dataRoot(files))
    return ((try? FileStatus(at: dataRoot)) != nil ? [LogRoom(dataRoot)] : []) + [hostRoom]
  }
}
