import Containers
import Processes
import Text

/// The wish that a service be in debug mode, whichever process does its work: if it restarts before the
/// deadline, the agent switches the new process into debug mode.
public struct FollowedService: Hashable, Codable, Sendable {
  /// The boot whose clock the times are from.
  public var bootID: String
  /// The service's name in the catalogue.
  public var service: String
  public var executable: String
  public var container: Container?
  /// Since when it is followed.
  public var since: BootTime
  /// When it ends; `nil`: never.
  public var deadline: Deadline?
  public var by: LedgerEntry.Actor
  public var reason: String?
  /// Whether the process's name was trusted (`--trust-name`).
  public var trustsName: Bool

  public init(
    bootID: String, service: String, executable: String, container: Container?,
    since: BootTime, deadline: Deadline?, by: LedgerEntry.Actor, reason: String?,
    trustsName: Bool
  ) {
    self.bootID = bootID
    self.service = service
    self.executable = executable
    self.container = container?.recorded
    self.since = since
    self.deadline = deadline
    self.by = by
    self.reason = reason
    self.trustsName = trustsName
  }

  /// The service that is followed.
  public var place: ServicePlace {
    ServicePlace(service: service, executable: executable, container: container)
  }

  /// Why it must not be in a state file; `nil` if it may be.
  var flaw: String? {
    if bootID.isEmpty { return "followed \(service) has an empty boot_id" }
    if [since, deadline].contains(where: { $0?.nanoseconds ?? 0 < 0 }) {
      return "followed \(service) has a negative time"
    }
    return nil
  }

  private enum CodingKeys: String, CodingKey {
    case service, executable, container, by, reason
    case bootID = "boot_id"
    case since = "since_boottime_ns"
    case deadline = "deadline_boottime_ns"
    case trustsName = "trusts_name"
  }
}

extension FollowedService {
  private var shownName: String { "\(service)\(container?.name.map { " (\($0))" } ?? "")" }

  /// Says that none of its processes is in debug mode now.
  public var awaitedSentence: String {
    "\(shownName) is followed and has ended: its replacement will be switched on".printable
  }

  /// Says that it was unfollowed while it was restarting.
  public var releasedSentence: String { "\(shownName) is followed no longer".printable }
}
