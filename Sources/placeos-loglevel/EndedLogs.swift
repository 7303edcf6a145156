import Processes
import Report
import Switching
import Text

/// The logs that are no longer read, and when to read them again.
struct EndedLogs {
  private struct Ending {
    /// When the runtime got the last line that was shown.
    var last: WallTime?
    /// When to retry, on the boot-time clock; `nil`: it is being read, or another log is the same.
    var dueNs: Int64?
    /// How long to wait the next time.
    var pauseNs: Int64 = 1_000_000_000
    var beganNs: Int64 = 0
    /// What was last said of it.
    var problem: String?
  }

  private static let longestPauseNs: Int64 = 60_000_000_000
  private var endings: [String: Ending] = [:]

  /// A log is read again.
  ///
  /// - Returns: where to go on; `nil` if nothing of it was shown.
  mutating func begin(_ place: String) -> WallTime? {
    endings[place, default: Ending()].beganNs = HostClock.now().boottimeNs
    endings[place]?.dueNs = nil
    return endings[place]?.last.map { $0 + .nanoseconds(1) }
  }

  mutating func end(_ places: Set<String>, last: WallTime?) {
    for place in places { end(place, last: last) }
  }

  private mutating func end(_ place: String, last: WallTime?) {
    let now = HostClock.now().boottimeNs
    var ending = endings[place] ?? Ending()
    ending.last = last ?? ending.last
    // One that ends at once will most likely do so again.
    let isShort = now - ending.beganNs < 5_000_000_000
    ending.pauseNs = isShort ? min(Self.longestPauseNs, ending.pauseNs * 2) : 1_000_000_000
    ending.dueNs = now + ending.pauseNs
    endings[place] = ending
  }

  /// Another log is the same file: it is not read twice.
  mutating func double(_ places: Set<String>) { for place in places { endings[place]?.dueNs = nil } }

  /// A new process runs there: it is tried at once.
  mutating func renew(_ place: String) { endings[place]?.pauseNs = 1_000_000_000 }

  func isDue(_ place: String) -> Bool {
    endings[place]?.dueNs.map { $0 <= HostClock.now().boottimeNs } ?? false
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
