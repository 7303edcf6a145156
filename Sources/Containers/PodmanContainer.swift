import Processes
import SystemPackage
import Text

/// Podman's storage (containers/storage) entry for one container, in
/// `GRAPH-ROOT/DRIVER-containers/containers.json`.
public struct PodmanContainer: Hashable, Sendable {
  let id: String
  let name: String?
  let image: String?

  public static let defaultGraphRoot: FilePath = "/var/lib/containers/storage"
  static let defaultRunRoot: FilePath = "/run/containers/storage"
  /// The existing storage drivers; each has its own folder.
  public static let drivers = ["overlay", "vfs", "btrfs", "zfs"]

  /// All containers in the file.
  ///
  /// ```
  /// [{"id":"b97ee5c668d9…","names":["rest-api"],"layer":"d484d370…",
  ///   "metadata":"{\"image-name\":\"localhost/placeos/rest-api:latest\",\"name\":\"rest-api\",…}"}]
  /// ```
  /// `metadata` is JSON within JSON, in a form its creator chooses: if it is not this one, the name in
  /// `names` stays and the image is unknown.
  static func all(parsing bytes: [UInt8]) throws(ParseError) -> [PodmanContainer] {
    struct Entry: Decodable {
      let id: String
      let names: [String]?
      let metadata: String?
    }
    struct Metadata: Decodable {
      let name: String?
      let image: String?
      enum CodingKeys: String, CodingKey {
        case name
        case image = "image-name"
      }
    }
    return try RuntimeJSON.decode([Entry].self, from: bytes).map { entry in
      let metadata = entry.metadata.flatMap {
        try? RuntimeJSON.decode(Metadata.self, from: Array($0.utf8))
      }
      return PodmanContainer(
        id: entry.id, name: entry.names?.first ?? metadata?.name,
        image: metadata?.image.flatMap { $0.isEmpty ? nil : $0 })
    }
  }

  /// Podman's record of the container `id`. The file is with the storage (the graph root); the one for
  /// containers that need not outlive a boot is next to it, or below the run root.
  static func look(
    for id: String, evidence: MountEvidence, files: ContainerFiles
  ) -> Search<PodmanContainer> {
    var search = Search<PodmanContainer>()
    // Run roots last: they can only add the file of volatile containers.
    let graphs = evidence.graphRoots + [defaultGraphRoot]
    let runs = evidence.userdata.map(\.runRoot) + [defaultRunRoot]
    var drivers = evidence.userdata.map(\.driver)
    for driver in Self.drivers where !drivers.contains(driver) {
      drivers.append(driver)
    }
    for root in graphs + runs {
      for driver in drivers {
        for file in ["containers.json", "volatile-containers.json"] {
          let path = root.appending("\(driver)-containers").appending(file)
          var isLacking = false
          search.attempt { () throws(HostError) in
            let record = try files.value(at: path, parsing: PodmanContainer.all(parsing:))
              .first { $0.id == id }
            isLacking = record == nil
            return record
          }
          if isLacking { search.noteLacking(files.below(path)) }
        }
      }
    }
    return search
  }
}
