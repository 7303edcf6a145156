import Processes
import SystemPackage
import Text

/// Docker's record of one container, `DATA-ROOT/containers/ID/config.v2.json`.
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
      enum CodingKeys: String, CodingKey {
        case id = "ID"
        case name = "Name"
        case config = "Config"
      }
      let id: String
      let name: String
      let config: RecordedConfig
    }
    let file = try RuntimeJSON.decode(File.self, from: bytes)
    id = file.id
    name = Self.name(asRecorded: file.name)
    guard !name.isEmpty else { throw ParseError("Name is empty") }
    image = file.config.namedImage
    labels = file.config.labels ?? [:]
  }

  /// What Docker was told of a container when it was made, as far as this program asks.
  struct RecordedConfig: Decodable {
    enum CodingKeys: String, CodingKey {
      case image = "Image"
      case labels = "Labels"
    }
    let image: String?
    let labels: [String: String]?

    var namedImage: String? { image.flatMap { $0.isEmpty ? nil : $0 } }
    var composeService: String? { labels?[DockerContainer.composeServiceLabel] }
  }

  private static let composeServiceLabel = "com.docker.compose.service"

  /// The record of the container `id`.
  ///
  /// - Parameter folder: `DATA-ROOT/containers`.
  static func record(of id: String, in folder: FilePath) -> FilePath {
    folder.appending(id).appending("config.v2.json")
  }

  /// Docker's record of the container `id`, wherever `evidence` and the usual data root lead.
  ///
  /// The mounted file need not be the container's own: with `--network container:OTHER` it is OTHER's. Only
  /// the folder of all containers is taken from it, and the record must have the id.
  static func look(
    for id: String, evidence: MountEvidence, files: ContainerFiles
  ) -> Search<DockerContainer> {
    var search = Search<DockerContainer>()
    func look(in folder: FilePath) {
      search.attempt { () throws(HostError) in
        let path = record(of: id, in: folder)
        let record = try files.value(at: path, parsing: DockerContainer.init(parsing:))
        guard record.id == id else {
          throw .malformed(path: files.below(path), reason: "it is another container's")
        }
        return record
      }
    }
    let near = evidence.dockerFolders + [defaultDataRoot.appending("containers")]
    near.forEach(look)
    // Reading the daemon's settings costs three files, and is rarely needed: its containers mount files from
    // there.
    if search.found == nil {
      for folder in files.usualDockerFolders where !near.contains(folder) { look(in: folder) }
    }
    return search
  }

  /// Docker puts a `/` before a container's name.
  static func name(asRecorded name: String) -> String {
    name.hasPrefix("/") ? String(name.dropFirst()) : name
  }

  var composeService: String? { labels[Self.composeServiceLabel] }
}
