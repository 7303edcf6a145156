import Processes
import SystemPackage
import Text

/// A container that exists and in which nothing runs, from Docker's and Podman's files.
public struct IdleContainer: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    /// - status: `nil` if its runtime's files do not tell.
    case exited(status: Int?, finished: WallTime?)
    /// Its runtime is waiting before it restarts it.
    case restarting
    /// Made, and never started.
    case created
  }

  public let container: Container
  public let state: State

  public init(container: Container, state: State) {
    (self.container, self.state) = (container, state)
  }

  /// - Returns: `nil` for a running container, and for one without a name.
  init?(docker neighbour: DockerNeighbour) {
    // While it waits for the next start, Docker calls it both running and restarting.
    if neighbour.isRunning, neighbour.pid != 0 { return nil }
    guard !neighbour.name.isEmpty else { return nil }
    container = Container(
      runtime: .docker, id: neighbour.id, name: neighbour.name, image: neighbour.image,
      composeService: neighbour.composeService)
    if neighbour.isRunning {
      state = .restarting
    } else if let finished = neighbour.finished {
      state = .exited(status: neighbour.exitCode, finished: finished)
    } else {
      // 0001-01-01: never.
      state = .created
    }
  }

  /// All of this host's. A container whose record cannot be read is left out: it is not known to be idle.
  public static func all(files: ContainerFiles) -> [IdleContainer] { docker(files) + podman(files) }

  private static func docker(_ files: ContainerFiles) -> [IdleContainer] {
    let folder = DockerContainer.dataRoot(files).appending("containers")
    return ((try? DockerNeighbour.all(files: files, in: folder)) ?? []).compactMap(
      IdleContainer.init(docker:))
  }

  private static func podman(_ files: ContainerFiles) -> [IdleContainer] {
    var idle: [(record: PodmanContainer, wasStarted: Bool)] = []
    for driver in PodmanContainer.drivers {
      let folder = PodmanContainer.defaultGraphRoot.appending("\(driver)-containers")
      let list = folder.appending("containers.json")
      let records = (try? files.value(at: list, parsing: PodmanContainer.all(parsing:))) ?? []
      for record in records where !runs(record.id, driver, files) {
        // Written for its runtime at its first start.
        let bundle = folder.appending(record.id).appending("userdata/config.json")
        idle.append((record, wasStarted: !FileStatus.isMissing(files.below(bundle))))
      }
    }
    if idle.isEmpty { return [] }
    let ends = (try? files.bytes(at: PodmanEnd.defaultEvents)).map(PodmanEnd.all(parsing:)) ?? [:]
    return idle.map { record, wasStarted in
      let end = ends[record.id]
      return IdleContainer(
        container: Container(runtime: .podman, id: record.id, name: record.name, image: record.image),
        state: wasStarted ? .exited(status: end?.status, finished: end?.time) : .created)
    }
  }

  /// Whether the process in the container's `pidfile` is in it: the file may be from an earlier start.
  private static func runs(_ id: String, _ driver: String, _ files: ContainerFiles) -> Bool {
    let path = PodmanContainer.defaultRunRoot.appending("\(driver)-containers").appending(id)
      .appending("userdata/pidfile")
    guard let bytes = try? files.bytes(at: path) else { return false }
    let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let groups = try? files.controlGroups(ofProcess: String(decoding: digits, as: UTF8.self))
    return groups?.containerReference?.id == id
  }
}
