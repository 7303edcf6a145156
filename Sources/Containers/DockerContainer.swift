import Processes
import SystemPackage
import Text

/// What Docker keeps of one container in `DATA-ROOT/containers/ID/config.v2.json`.
public struct DockerContainer: Hashable, Sendable {
  let id: String
  /// Without the `/` that Docker puts before it.
  let name: String
  let image: String?
  let labels: [String: String]

  public static let defaultDataRoot: FilePath = "/var/lib/docker"

  /// ```
  /// {"ID":"50db48f4ec4f…","Config":{"Image":"placeos/rest-api:latest","Labels":{…}},"Name":"/rest-api",…}
  /// ```
  init(parsing bytes: [UInt8]) throws(ParseError) {
    struct File: Decodable {
      struct Config: Decodable {
        enum CodingKeys: String, CodingKey {
          case image = "Image"
          case labels = "Labels"
        }
        let image: String?
        let labels: [String: String]?
      }
      enum CodingKeys: String, CodingKey {
        case id = "ID"
        case name = "Name"
        case config = "Config"
      }
      let id: String
      let name: String
      let config: Config
    }
    let file = try RuntimeJSON.decode(File.self, from: bytes)
    id = file.id
    name = Self.name(asRecorded: file.name)
    guard !name.isEmpty else { throw ParseError("Name is empty") }
    image = file.config.image.flatMap { $0.isEmpty ? nil : $0 }
    labels = file.config.labels ?? [:]
  }

  /// Docker's record of the container `id`, wherever `evidence` and the usual data root lead.
  ///
  /// The file that is mounted need not be the container's own: with `--network container:OTHER` it is
  /// OTHER's. Only the folder of all containers is taken from it, and the record must bear the id.
  static func look(
    for id: String, evidence: MountEvidence, files: ContainerFiles
  ) -> Search<DockerContainer> {
    var search = Search<DockerContainer>()
    for folder in evidence.dockerFolders + [defaultDataRoot.appending("containers")] {
      search.attempt { () throws(HostError) in
        let path = folder.appending(id).appending("config.v2.json")
        let record = try files.value(at: path, parsing: DockerContainer.init(parsing:))
        guard record.id == id else {
          throw .malformed(path: files.below(path), reason: "it is another container's")
        }
        return record
      }
    }
    return search
  }

  /// Docker puts a `/` before a container's name.
  static func name(asRecorded name: String) -> String {
    name.hasPrefix("/") ? String(name.dropFirst()) : name
  }

  var composeService: String? { labels["com.docker.compose.service"] }
}
