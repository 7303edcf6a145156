import Processes
import SystemPackage
import Text

/// A container of Docker's as others reach it, and how it is, by `config.v2.json`; it need not run.
public struct DockerNeighbour: Hashable, Sendable {
  public let id: String
  public let name: String
  /// The names by which containers of its networks reach it.
  public let names: Set<String>
  /// Its addresses, in digits; none while it does not run.
  public let addresses: Set<String>
  public let networks: Set<String>
  public let isRunning: Bool
  public let isPaused: Bool
  public let wasKilledForMemory: Bool
  public let exitCode: Int
  /// Nanoseconds after the epoch.
  public let finishedWallNs: Int64?
  public let pid: Int32

  /// ```
  /// {"State":{"Running":false,"Paused":false,"OOMKilled":false,"Pid":0,"ExitCode":137,"FinishedAt":"2026-…Z"},
  ///  "ID":"…","NetworkSettings":{"Networks":{"placeos":{"IPAddress":"","Aliases":["redis"],"DNSNames":[…]}}},…}
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
        }
        let isRunning: Bool?
        let isPaused: Bool?
        let wasKilledForMemory: Bool?
        let pid: Int32?
        let exitCode: Int?
        let finishedAt: String?
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
      }
      let id: String
      let name: String
      let state: State?
      let settings: Settings?
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
    let finished = Array((file.state?.finishedAt ?? "").utf8)
    finishedWallNs = finished.withUnsafeBytes { LogTime(parsing: $0)?.wallNs }
  }

  /// The containers of this host's Docker, from its files below `dataRoot`. Those that cannot be read are left out.
  public static func all(
    files: ContainerFiles, dataRoot: FilePath = DockerContainer.defaultDataRoot
  ) throws(HostError) -> [DockerNeighbour] {
    let folder = dataRoot.appending("containers")
    let ids: [String]
    do { ids = try files.names(in: folder) } catch {
      if error.isMissingFile { return [] }
      throw error
    }
    return ids.compactMap { id in
      try? files.value(
        at: folder.appending(id).appending("config.v2.json"), parsing: DockerNeighbour.init(parsing:))
    }
  }
}
