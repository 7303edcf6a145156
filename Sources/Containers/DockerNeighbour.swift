import Processes
import SystemPackage
import Text

/// A Docker container as others reach it, and its state, from `config.v2.json`; it need not be running.
public struct DockerNeighbour: Hashable, Sendable {
  public let id: String
  public let name: String
  /// The names by which containers on its networks reach it.
  public let names: Set<String>
  /// Its addresses, in digits; none while it is not running.
  public let addresses: Set<String>
  public let networks: Set<String>
  public let isRunning: Bool
  public let isPaused: Bool
  public let wasKilledForMemory: Bool
  public let exitCode: Int
  public let finished: WallTime?
  public let started: WallTime?
  public let pid: Int32
  /// Whether Docker is about to restart it.
  public let isRestarting: Bool
  /// Whether somebody stopped it.
  public let wasStopped: Bool
  /// How often Docker has restarted it since somebody started it.
  public let restartCount: Int
  public let image: String?
  /// The service's name in its compose project.
  public let composeService: String?

  /// ```
  /// {"State":{"Running":false,"Paused":false,"OOMKilled":false,"Pid":0,"ExitCode":137,"FinishedAt":"2026-…Z",…},
  ///  "ID":"…","Config":{…},"RestartCount":3,"HasBeenManuallyStopped":false,"NetworkSettings":{"Networks":{"placeos":{"IPAddress":"","Aliases":["redis"],"DNSNames":[…]}}},…}
  /// ```
  public init(parsing bytes: [UInt8]) throws(ParseError) {
    struct File: Decodable {
      struct State: Decodable {
        enum CodingKeys: String, CodingKey {
          case isRunning = "Running"
          case isPaused = "Paused"
          case wasKilledForMemory = "OOMKilled"
          case pid = "Pid"
          case exitCode = "ExitCode"
          case finishedAt = "FinishedAt"
          case startedAt = "StartedAt"
          case isRestarting = "Restarting"
        }
        let isRunning: Bool?
        let isPaused: Bool?
        let wasKilledForMemory: Bool?
        let pid: Int32?
        let exitCode: Int?
        let finishedAt: String?
        let startedAt: String?
        let isRestarting: Bool?
      }
      struct Settings: Decodable {
        enum CodingKeys: String, CodingKey { case networks = "Networks" }
        let networks: [String: Network?]?
      }
      struct Network: Decodable {
        enum CodingKeys: String, CodingKey {
          case address = "IPAddress"
          case address6 = "GlobalIPv6Address"
          case aliases = "Aliases"
          case names = "DNSNames"
        }
        let address: String?
        let address6: String?
        let aliases: [String]?
        let names: [String]?
      }
      enum CodingKeys: String, CodingKey {
        case id = "ID"
        case name = "Name"
        case state = "State"
        case settings = "NetworkSettings"
        case config = "Config"
        case restartCount = "RestartCount"
        case wasStopped = "HasBeenManuallyStopped"
      }
      let id: String
      let name: String
      let state: State?
      let settings: Settings?
      let config: DockerContainer.RecordedConfig?
      let restartCount: Int?
      let wasStopped: Bool?
    }
    let file = try RuntimeJSON.decode(File.self, from: bytes)
    id = file.id
    name = DockerContainer.name(asRecorded: file.name)
    let networks = (file.settings?.networks ?? [:]).compactMapValues { $0 }
    self.networks = Set(networks.keys)
    names = Set(networks.values.flatMap { ($0.aliases ?? []) + ($0.names ?? []) } + [name])
    addresses = Set(
      networks.values.flatMap { [$0.address, $0.address6] }.compactMap { $0 }.filter {
        !$0.isEmpty
      })
    isRunning = file.state?.isRunning ?? false
    isPaused = file.state?.isPaused ?? false
    wasKilledForMemory = file.state?.wasKilledForMemory ?? false
    exitCode = file.state?.exitCode ?? 0
    pid = file.state?.pid ?? 0
    finished = Self.time(file.state?.finishedAt)
    started = Self.time(file.state?.startedAt)
    isRestarting = file.state?.isRestarting ?? false
    wasStopped = file.wasStopped ?? false
    restartCount = file.restartCount ?? 0
    image = file.config?.namedImage
    composeService = file.config?.composeService
  }

  /// For one that was never started, Docker says the year 1.
  private static func time(_ text: String?) -> WallTime? {
    text.flatMap(LogTime.init(text:))?.wall
  }

  /// The containers of this host's Docker, from its files. Those that cannot be read are left out.
  ///
  /// - Parameter folder: `DATA-ROOT/containers`.
  public static func all(
    files: ContainerFiles, in folder: FilePath = DockerContainer.defaultDataRoot.appending("containers")
  ) throws(HostError) -> [DockerNeighbour] {
    let ids: [String]
    do { ids = try files.names(in: folder) } catch {
      if error.isMissingFile { return [] }
      throw error
    }
    return ids.compactMap { id in
      try? files.value(
        at: DockerContainer.record(of: id, in: folder), parsing: DockerNeighbour.init(parsing:))
    }
  }
}

extension ContainerFiles {
  /// Where Docker keeps its containers: as this host's is configured, and the default.
  public var usualDockerFolders: [FilePath] {
    let (told, usual) = (DockerContainer.dataRoot(self), DockerContainer.defaultDataRoot)
    return (told == usual ? [usual] : [told, usual]).map { $0.appending("containers") }
  }

  /// The folders of all containers of the Docker that a process runs in, the likeliest first, the defaults
  /// last.
  public func dockerFolders(ofProcess pid: Int32) -> [FilePath] {
    let usual = usualDockerFolders
    guard let mounts = try? self.mounts(ofProcess: "\(pid)", at: MountEvidence.points),
      let host = try? self.mounts(ofProcess: root == "/" ? "self" : "1")
    else { return usual }
    let evidence = MountEvidence(mounts: mounts, host: host, isTrusted: isTrusted)
    return evidence.dockerFolders.filter { !usual.contains($0) } + usual
  }
}
