import Processes
import Report
import Switching
import Text

/// The logs that are no longer read, and when to read them again.
struct EndedLogs {
  private struct Ending {
    /// When the runtime got the last line that was shown.
    var last: WallTime?
    /// When to retry; `nil`: it is being read, or another log is the same.
    var due: BootTime?
    /// How long to wait the next time.
    var pause = Duration.seconds(1)
    var began = BootTime.distantPast
    /// What was last said of it.
    var problem: String?
  }

  private static let longestPause = Duration.seconds(60)
  private var endings: [String: Ending] = [:]

  /// A log is read again.
  ///
  /// - Returns: where to go on; `nil` if nothing of it was shown.
  mutating func begin(_ place: String) -> WallTime? {
    endings[place, default: Ending()].began = BootTime.now()
    endings[place]?.due = nil
    return endings[place]?.last.map { $0 + .nanoseconds(1) }
  }

  mutating func end(_ places: Set<String>, last: WallTime?) {
    for place in places { end(place, last: last) }
  }

  private mutating func end(_ place: String, last: WallTime?) {
    let now = BootTime.now()
    var ending = endings[place] ?? Ending()
    ending.last = last ?? ending.last
    // One that ends at once will most likely do so again.
    let isShort = now - ending.began < .seconds(5)
    ending.pause = isShort ? min(Self.longestPause, ending.pause * 2) : .seconds(1)
    ending.due = now + ending.pause
    endings[place] = ending
  }

  /// Another log is the same file: it is not read twice.
  mutating func double(_ places: Set<String>) { for place in places { endings[place]?.due = nil } }

  /// A new process runs there: it is tried at once.
  mutating func renew(_ place: String) { endings[place]?.pause = .seconds(1) }

  func isDue(_ place: String) -> Bool {
    endings[place]?.due.map { $0 <= BootTime.now() } ?? false
  }

  /// Whether this was not already said of them.
  mutating func isNews(_ problem: String, of places: Set<String>) -> Bool {
    defer { for place in places { endings[place, default: Ending()].problem = problem } }
    return places.contains { endings[$0]?.problem != problem }
  }
}

extension Instance {
  /// The log that it writes to: a container's, or its own.
  var logPlace: String { container?.id ?? "\(identity.pid):\(identity.startTicks)" }

  /// Whether a log is rather this one's: a container's drivers write to the log of its core.
  func isMain(than origin: FollowedRecord.Origin) -> Bool { service.name == origin.service }
}
