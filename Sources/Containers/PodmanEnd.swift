import SystemPackage
import Text

/// How a Podman container last ended.
struct PodmanEnd: Hashable, Sendable {
  let status: Int
  let time: WallTime?

  /// Where Podman's events are with `events_logger = "file"`, containers.conf(5). With journald there is no
  /// such file, and only its database knows.
  static let defaultEvents: FilePath = "/run/libpod/events/events.log"

  /// The last end of each container, by its id. A line that cannot be read is left out: rotation cuts the
  /// file in the middle of a line.
  ///
  /// ```
  /// {"ContainerExitCode":137,"ID":"af63…","Image":"localhost/placeos/rest-api:latest","Name":"rest-api","Status":"died","Time":"2026-11-26T13:03:40.7Z","Type":"container",…}
  /// ```
  static func all(parsing events: [UInt8]) -> [String: PodmanEnd] {
    struct Event: Decodable {
      enum CodingKeys: String, CodingKey {
        case status = "ContainerExitCode"
        case id = "ID"
        case what = "Status"
        case time = "Time"
      }
      let status: Int?
      let id: String?
      let what: String?
      let time: String?
    }
    var ends: [String: PodmanEnd] = [:]
    for line in events.split(separator: UInt8(ascii: "\n")) {
      guard let event = try? RuntimeJSON.decode(Event.self, from: Array(line)), let id = event.id else {
        continue
      }
      switch event.what {
      case "died":
        ends[id] = PodmanEnd(
          status: event.status ?? 0,
          time: event.time.flatMap(LogTime.init(text:))?.wall)
      // Started again since: this end no longer counts.
      case "init", "start": ends[id] = nil
      default: break
      }
    }
    return ends
  }
}
