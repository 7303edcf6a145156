import Containers
import Glibc
import PlaceOS
import Processes
import SystemPackage
import Text

extension HostReading {
  /// Reads the host, in a reader process: a file system may hang.
  init(_ ground: StoreLooker.Ground) {
    let files = ContainerFiles(root: ground.root)
    // The Docker of any of the services; there is at most one.
    let docker = ground.processes.first { $0.container?.runtime == .docker }
    let folders = docker.map { files.dockerFolders(ofProcess: $0.identity.pid) } ?? files.usualDockerFolders
    let containers = folders.lazy.map { (try? DockerNeighbour.all(files: files, in: $0)) ?? [] }
      .first { !$0.isEmpty }
    for container in containers ?? [] {
      guard fallen.count < 64, let image = container.image,
        let service = ground.catalogue.service(ofImage: image)
      else { continue }
      if let found = Self.fallen(container, service.name, ground.now.wall) { fallen.append(found) }
    }
    let places =
      [FilePath("/"), "/var", "/tmp", "/var/lib/docker"] + folders.map { $0.removingLastComponent() }
    for place in places {
      guard let space = try? FileSystemSpace(of: files.below(place), named: place),
        !spaces.contains(where: { $0.sizeBytes == space.sizeBytes && $0.freeBytes == space.freeBytes })
      else { continue }
      spaces.append(space)
    }
    spaces.sort { $0.freeBytes < $1.freeBytes }
    let memory = try? FileReader.bytes(at: ground.proc.appending("meminfo"), limitBytes: 64 << 10)
    let open = try? FileReader.bytes(at: ground.proc.appending("sys/fs/file-nr"), limitBytes: 4 << 10)
    resources = try? HostResources(parsing: memory ?? [], files: open ?? [])
  }

  /// A container that exited by itself, or that Docker has to restart again and again.
  private static func fallen(
    _ container: DockerNeighbour, _ service: String, _ now: WallTime
  ) -> FallenContainer? {
    func secondsAgo(_ moment: WallTime?) -> Int64? { moment.map { (now - $0).components.seconds } }
    let isYoung = secondsAgo(container.started).map { $0 < 60 } ?? false
    let isLooping = container.isRestarting || container.restartCount > 1 && isYoung
    // What somebody stopped is meant to be stopped; a clean exit without a restart means its work is done.
    let hasEnded = !container.isRunning && !container.wasStopped && container.exitCode != 0
    guard isLooping || hasEnded else { return nil }
    var fallen = FallenContainer(service: service, name: container.name)
    fallen.exitCode = container.exitCode
    fallen.secondsAgo = secondsAgo(container.finished)
    fallen.wasKilledForMemory = container.wasKilledForMemory
    fallen.isRunning = container.isRunning && !container.isRestarting
    fallen.restartCount = container.restartCount
    return fallen
  }
}
