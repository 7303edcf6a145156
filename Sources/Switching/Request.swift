import Ledger

/// What a command that switches was asked to do.
public struct Request: Hashable, Sendable {
  public enum Verb: String, Sendable {
    case toggle, on, off, revert

    /// Whether it leads into debug mode; `nil` where that depends on the level.
    var direction: Bool? {
      switch self {
      case .on: true
      case .off, .revert: false
      case .toggle: nil
      }
    }
  }

  /// When debug mode is to end.
  public enum Deadline: Hashable, Sendable {
    /// Nobody said: after so many nanoseconds; it moves an existing deadline only to a later moment.
    case unsaid(ns: Int64)
    /// After so many nanoseconds.
    case after(ns: Int64)
    case never
    /// At a moment on the boot-time clock: that of a service which has restarted.
    case at(boottimeNs: Int64)

    /// What is meant where nothing is said, nor configured: one hour.
    public static let standard = Deadline.unsaid(ns: standardNs)
    public static let standardNs: Int64 = 3_600_000_000_000
  }

  public var verb: Verb
  public var selection: Selection
  public var deadline: Deadline
  /// `revert` only: what is past its deadline.
  public var onlyExpired: Bool
  /// `revert` only: what has been on for longer than this.
  public var olderThanNs: Int64?
  public var reason: String?
  public var by: LedgerEntry.Actor
  /// How long to wait for a process to be ready, and then for its switch to be confirmed.
  public var waitNs: Int64
  /// Refuse what is only assumed.
  public var isStrict: Bool
  /// Switch what only its name says is PlaceOS's.
  public var trustsNames: Bool
  public var isDryRun: Bool
  /// Send although an earlier signal has not shown, or the evidence is in doubt: a person has looked, and answers for it.
  public var resends: Bool = false
  /// Whether it is as asked where nothing matches: a host among many may run nothing of it.
  public var isOnlyIfPresent: Bool = false
  /// Whether debug mode is to outlive a restart of the service, until the deadline.
  public var followsRestarts: Bool

  public init(
    verb: Verb, selection: Selection, deadline: Deadline = .standard, onlyExpired: Bool = false,
    olderThanNs: Int64? = nil, reason: String? = nil, by: LedgerEntry.Actor, waitNs: Int64,
    isStrict: Bool = false, trustsNames: Bool = false, isDryRun: Bool = false,
    followsRestarts: Bool = false
  ) {
    self.verb = verb
    self.selection = selection
    self.deadline = deadline
    self.onlyExpired = onlyExpired
    self.olderThanNs = olderThanNs
    self.reason = reason
    self.by = by
    self.waitNs = waitNs
    self.isStrict = isStrict
    self.trustsNames = trustsNames
    self.isDryRun = isDryRun
    self.followsRestarts = followsRestarts
  }
}
