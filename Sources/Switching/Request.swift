import Ledger
import Processes

/// What a command that switches was asked to do.
public struct Request: Hashable, Sendable {
  public enum Verb: String, Sendable {
    case toggle, on, off, revert

    /// Whether it leads into debug mode; `nil` if that depends on the level.
    var direction: Bool? {
      switch self {
      case .on: true
      case .off, .revert: false
      case .toggle: nil
      }
    }
  }

  /// When debug mode should end.
  public enum Deadline: Hashable, Sendable {
    /// By default: after so long; it moves an existing deadline only to a later moment.
    case unsaid(Duration)
    /// After so long.
    case after(Duration)
    case never
    /// At a moment: that of a service which has restarted.
    case at(BootTime)

    /// The default if nothing else is said or configured: one hour.
    public static let standard = Deadline.unsaid(.seconds(3600))
  }

  public var verb: Verb
  public var selection: Selection
  public var deadline: Deadline
  /// `revert` only: entries past their deadline.
  public var onlyExpired: Bool
  /// `revert` only: the moment as of which it is decided, and before which nothing is sent. What takes time, up to the
  /// recorded intents, is done ahead. `nil`: now.
  public var notBefore: BootTime?
  /// `revert` only: entries that have been on for longer than this.
  public var olderThan: Duration?
  public var reason: String?
  public var by: LedgerEntry.Actor
  /// How long to wait for a process to be ready, and then for its switch to be confirmed.
  public var wait: Duration
  /// Refuse what is only assumed.
  public var isStrict: Bool
  /// Switch a process that only its name attributes to PlaceOS.
  public var trustsNames: Bool
  public var isDryRun: Bool
  /// Send although an earlier signal has not shown, or the evidence is in doubt: a person has checked, and
  /// takes responsibility.
  public var resends: Bool = false
  /// Whether matching nothing is as asked: a host among many may run none of it.
  public var isOnlyIfPresent: Bool = false
  /// Whether a process already in debug mode keeps its deadline: it is somebody else's.
  public var leavesDeadlines: Bool = false
  /// Whether debug mode should survive a restart of the service, until the deadline.
  public var followsRestarts: Bool

  public init(
    verb: Verb, selection: Selection, deadline: Deadline = .standard, onlyExpired: Bool = false,
    olderThan: Duration? = nil, reason: String? = nil, by: LedgerEntry.Actor, wait: Duration,
    isStrict: Bool = false, trustsNames: Bool = false, isDryRun: Bool = false,
    followsRestarts: Bool = false
  ) {
    self.verb = verb
    self.selection = selection
    self.deadline = deadline
    self.onlyExpired = onlyExpired
    self.olderThan = olderThan
    self.reason = reason
    self.by = by
    self.wait = wait
    self.isStrict = isStrict
    self.trustsNames = trustsNames
    self.isDryRun = isDryRun
    self.followsRestarts = followsRestarts
  }
}

extension Request {
  /// The moment as of which it is decided.
  func moment(_ now: HostClock) -> HostClock {
    guard let notBefore, notBefore > now.boottime else { return now }
    return HostClock(boottime: notBefore, wall: now.wall(at: notBefore))
  }
}
