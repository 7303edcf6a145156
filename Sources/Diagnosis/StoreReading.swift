import PlaceOS
import Processes

/// What one process shows of one store that it is to reach, from two looks at it.
public struct StoreReading: Hashable, Sendable, Codable {
  /// The connections of the process to the store, at the first look and at the second.
  public var before: [TCPSocket] = []
  public var after: [TCPSocket] = []
  /// Whether the process's sockets could be looked at.
  public var areSocketsKnown = true
  /// How many connections of the whole network namespace could not be made between the looks.
  public var failedAttempts: UInt64 = 0
  /// What the log says against the store, the newest first.
  public var complaints: [Complaint] = []
  /// What the store shows of itself; `nil` where it is not on this host, or that cannot be told.
  public var own: StoreSide?
  public var holdsConnections = true

  public init() {}

  public struct Complaint: Hashable, Sendable, Codable {
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
}

/// What the store itself shows, where it is on this host.
public struct StoreSide: Hashable, Sendable, Codable {
  public enum Condition: Hashable, Sendable, Codable {
    case listening
    /// There is its container or its network, and nothing listens there.
    case silent
    /// Its process is stopped (T), or its container is paused.
    case stopped
    /// Its container does not run.
    case exited(status: Int, secondsAgo: Int64?, forMemory: Bool)
  }
  public var condition: Condition
  /// What a person knows it by: a process or a container.
  public var name: String
  /// Connections that wait to be accepted, and how many may.
  public var waiting: UInt32 = 0
  public var backlog: UInt32 = 0

  public init(condition: Condition, name: String) {
    self.condition = condition
    self.name = name
  }
}

/// One piece of evidence, in words.
public struct StoreEvidence: Hashable, Sendable, Codable {
  public enum Kind: String, Sendable, Codable { case socket, counter, log, process, container, probe }
  public let kind: Kind
  public let text: String

  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}

/// How sure a verdict is: shown by the process or the store itself, or only by a log or by what is missing.
public enum Certainty: String, Sendable, Codable { case certain, likely }

/// How a store stands for one process.
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
