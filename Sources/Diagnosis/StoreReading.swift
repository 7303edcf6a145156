import PlaceOS
import Processes

/// What one process shows of a store that it should reach, from two looks at it.
public struct StoreReading: Hashable, Sendable {
  /// The connections of the process to the store, at the first look and at the second.
  public var before = StoreSockets()
  public var after = StoreSockets()
  /// Whether the process's sockets could be read.
  public var areSocketsKnown = true
  /// What the whole network namespace of the process counted between the looks.
  public var counters = NetworkCounters()
  /// What the log says against the store.
  public var complaints = StoreComplaints()
  /// What the store itself shows at each look; `nil` if it is not on this host, or that is unknown.
  public var ownBefore: StoreSide?
  public var own: StoreSide?
  /// The store's answer to a question from the process's network; `nil`: it was not asked.
  public var probe: Probe?
  public var holdsConnections = true

  public init() {}
}

/// What the log of a process says against one store.
public struct StoreComplaints: Hashable, Sendable {
  public struct Complaint: Hashable, Sendable {
    public let state: StoreState?
    public let ageSeconds: Int64
    /// Redacted.
    public let text: String

    public init(state: StoreState?, ageSeconds: Int64, text: String) {
      self.state = state
      self.ageSeconds = ageSeconds
      self.text = text
    }
  }

  public internal(set) var count = 0
  /// The newest of each kind of failure, the newest of all first.
  public internal(set) var newest: [Complaint] = []
  /// The seconds in which there were any, as ages, ascending.
  public internal(set) var secondsAgo: [Int64] = []

  /// How many of these seconds are kept.
  private static let limitSeconds = 20

  public init() {}

  /// How old a complaint may be and still count, seconds: a lasting failure is complained of again and again,
  /// at this log's pace. With no pace yet it is 45 s, because services check themselves every 30 s; and a few
  /// seconds if the store has answered since. After that, two complaints
  /// make no pace: they may be of two incidents.
  ///
  /// - Parameter isAnswered: whether there is a younger answer.
  public func freshSeconds(isAnswered: Bool = false) -> Int64 {
    // Complaints farther apart are another incident.
    let gaps = zip(secondsAgo.dropFirst(), secondsAgo).map { $0 - $1 }.filter { $0 <= 45 }.sorted()
    guard gaps.count > (isAnswered ? 1 : 0) else { return isAnswered ? 8 : 45 }
    return min(45, max(5, 2 * gaps[(gaps.count - 1) / 2] + 2))
  }

  /// - Parameter complaint: older than all that were added.
  public mutating func add(_ complaint: Complaint) {
    count += 1
    if secondsAgo.last != complaint.ageSeconds, secondsAgo.count < Self.limitSeconds {
      secondsAgo.append(complaint.ageSeconds)
    }
    if !newest.contains(where: { $0.state == complaint.state }) { newest.append(complaint) }
  }
}

/// What the store itself shows, if it is on this host.
public struct StoreSide: Hashable, Sendable {
  public enum Condition: Hashable, Sendable {
    case listening
    /// Its container or its network exists, and nothing listens there.
    case silent
    /// Its process is stopped (T), or its container is paused.
    case stopped
    /// Its container is not running.
    case exited(status: Int, secondsAgo: Int64?, forMemory: Bool)
    /// No container of its networks has the name.
    case missing
  }
  public var condition: Condition
  /// The name a person knows it by: a process or a container.
  public var name: String
  /// Connections waiting to be accepted, and their limit.
  public var waiting: UInt32 = 0
  public var backlog: UInt32 = 0
  /// Whether its process is in uninterruptible sleep (D), or a zombie (Z); proc_pid_stat(5).
  public var isBlocked = false
  /// A few of the connections with unread bytes, by inode.
  public var unread: Set<UInt64> = []
  /// How often a connection found the queue of a listening socket full, since its namespace was made.
  public var overflows: UInt64 = 0
  /// How long before the first look its process started, seconds; `nil` if unknown.
  public var upSeconds: Int64?

  public init(condition: Condition, name: String) {
    self.condition = condition
    self.name = name
  }
}

/// One piece of evidence, in words.
public struct StoreEvidence: Hashable, Sendable {
  public enum Kind: String, Sendable { case socket, counter, log, process, container, probe, host }
  public let kind: Kind
  public let text: String

  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}

/// How sure a verdict is: shown by the process or the store itself, or only by a log or by an absence.
public enum Certainty: String, Sendable { case certain, likely }

/// The state of a store for one process.
public struct StoreVerdict: Hashable, Sendable {
  public let state: StoreState
  public let certainty: Certainty
  public let evidence: [StoreEvidence]

  public init(_ state: StoreState, _ certainty: Certainty, _ evidence: [StoreEvidence]) {
    self.state = state
    self.certainty = certainty
    self.evidence = evidence
  }
}
