import Containers
import Text

/// One line of the history: one signal, who had it sent, and what came of it.
public struct HistoryEntry: Hashable, Sendable {
  public struct Container: Hashable, Sendable {
    public var runtime: String
    public var id: String
    public var name: String?
    public var image: String?

    public init(runtime: String, id: String, name: String?, image: String?) {
      self.runtime = runtime
      self.id = id
      self.name = name
      self.image = image
    }
  }

  public struct Pod: Hashable, Sendable {
    public var namespace: String?
    public var name: String?
    /// The container's name within the pod.
    public var container: String?

    public init(namespace: String?, name: String?, container: String?) {
      self.namespace = namespace
      self.name = name
      self.container = container
    }
  }

  public var time: Timestamp
  /// With `pid` and `startTicks`, the process: see `ProcessIdentity`.
  public var bootID: String
  public var service: String
  public var pid: Int32
  public var startTicks: UInt64
  public var executable: String
  public var container: Container?
  public var pod: Pod?
  public var dialect: String
  /// The signal's name without `SIG`.
  public var signal: String
  /// What was wanted: `true`, into debug mode; `false`, out of it.
  public var debug: Bool
  /// `switched`, `unconfirmed`, `failed` …: the outcomes of `--json`.
  public var outcome: String
  /// What showed the outcome: `memory`, `signals`, `log`, `ledger`, `assumed`.
  public var evidence: String
  public var by: LedgerEntry.Actor
  public var reason: String?
  /// The subcommand: `toggle`, `on`, `off`, `revert`.
  public var command: String
  /// When the switch is to be taken back; `nil`: never.
  public var expiresAt: Timestamp?

  /// The history of the entry's last switch.
  public init(
    of entry: LedgerEntry, time: Timestamp, signal: String, debug: Bool, outcome: String,
    evidence: String, by: LedgerEntry.Actor, reason: String?, command: String, expiresAt: Timestamp?
  ) {
    self.time = time
    bootID = entry.identity.bootID
    service = entry.service
    pid = entry.identity.pid
    startTicks = entry.identity.startTicks
    executable = entry.executable
    if let container = entry.container {
      self.container = Container(
        runtime: container.runtime, id: container.id, name: container.name, image: container.image)
      let known = [container.podNamespace, container.podName, container.podContainer]
      if known.contains(where: { $0 != nil }) {
        pod = Pod(
          namespace: container.podNamespace, name: container.podName,
          container: container.podContainer)
      }
    }
    dialect = entry.dialect
    self.signal = signal
    self.debug = debug
    self.outcome = outcome
    self.evidence = evidence
    self.by = by
    self.reason = reason
    self.command = command
    self.expiresAt = expiresAt
  }
}

extension HistoryEntry: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    time = try values.decode(Timestamp.self, forKey: .time)
    bootID = try values.decode(String.self, forKey: .bootID)
    service = try values.decode(String.self, forKey: .service)
    pid = try values.decode(Int32.self, forKey: .pid)
    startTicks = try values.decode(UInt64.self, forKey: .startTicks)
    executable = try values.decode(String.self, forKey: .executable)
    container = try values.decode(Container?.self, forKey: .container)
    pod = try values.decode(Pod?.self, forKey: .pod)
    dialect = try values.decode(String.self, forKey: .dialect)
    signal = try values.decode(String.self, forKey: .signal)
    debug = try values.decode(Bool.self, forKey: .debug)
    outcome = try values.decode(String.self, forKey: .outcome)
    evidence = try values.decode(String.self, forKey: .evidence)
    by = try values.decode(LedgerEntry.Actor.self, forKey: .by)
    reason = try values.decode(String?.self, forKey: .reason)
    command = try values.decode(String.self, forKey: .command)
    expiresAt = try values.decode(Timestamp?.self, forKey: .expiresAt)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(time, forKey: .time)
    try values.encode(bootID, forKey: .bootID)
    try values.encode(service, forKey: .service)
    try values.encode(pid, forKey: .pid)
    try values.encode(startTicks, forKey: .startTicks)
    try values.encode(executable, forKey: .executable)
    try values.encode(container, forKey: .container)
    try values.encode(pod, forKey: .pod)
    try values.encode(dialect, forKey: .dialect)
    try values.encode(signal, forKey: .signal)
    try values.encode(debug, forKey: .debug)
    try values.encode(outcome, forKey: .outcome)
    try values.encode(evidence, forKey: .evidence)
    try values.encode(by, forKey: .by)
    try values.encode(reason, forKey: .reason)
    try values.encode(command, forKey: .command)
    try values.encode(expiresAt, forKey: .expiresAt)
  }
}

extension HistoryEntry.Container: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    runtime = try values.decode(String.self, forKey: .runtime)
    id = try values.decode(String.self, forKey: .id)
    name = try values.decode(String?.self, forKey: .name)
    image = try values.decode(String?.self, forKey: .image)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(runtime, forKey: .runtime)
    try values.encode(id, forKey: .id)
    try values.encode(name, forKey: .name)
    try values.encode(image, forKey: .image)
  }
}

extension HistoryEntry.Pod: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    namespace = try values.decode(String?.self, forKey: .namespace)
    name = try values.decode(String?.self, forKey: .name)
    container = try values.decode(String?.self, forKey: .container)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(namespace, forKey: .namespace)
    try values.encode(name, forKey: .name)
    try values.encode(container, forKey: .container)
  }
}
