import Containers
import Text

/// One line of the history: one signal, who had it sent, and what came of it; or a deadline that was moved.
public struct HistoryEntry: Hashable, Codable, Sendable {
  public var time: Timestamp
  /// With `pid` and `startTicks`, the process: see `ProcessIdentity`.
  public var bootID: String
  public var service: String
  public var pid: Int32
  public var startTicks: UInt64
  public var executable: String
  @OrNull public var container: Container?
  @OrNull public var pod: Pod?
  public var dialect: String
  /// The signal's name without `SIG`; `nil` if none was sent.
  @OrNull public var signal: String?
  /// The goal: `true`, into debug mode; `false`, out of it.
  public var debug: Bool
  /// `switched`, `unconfirmed`, `failed` …: the outcomes of `--json`; `deadline_moved`, `deadline_removed`.
  public var outcome: String
  /// What showed the outcome: `memory`, `signals`, `log`, `ledger`, `assumed`.
  public var evidence: String
  public var by: LedgerEntry.Actor
  @OrNull public var reason: String?
  /// The subcommand: `toggle`, `on`, `off`, `revert`.
  public var command: String
  /// When the switch is to be taken back; `nil`: never.
  @OrNull public var expiresAt: Timestamp?
  /// Who took it back automatically: `agent`, `timer`, `cron`; `nil`: a person did, or nothing was taken
  /// back.
  @OrNull public var keeper: String?

  /// The history of the entry's last switch.
  public init(
    of entry: LedgerEntry, time: Timestamp, signal: String?, debug: Bool, outcome: String,
    evidence: String, by: LedgerEntry.Actor, reason: String?, command: String, expiresAt: Timestamp?,
    keeper: String? = nil
  ) {
    self.time = time
    bootID = entry.identity.bootID
    service = entry.service
    pid = entry.identity.pid
    startTicks = entry.identity.startTicks
    executable = entry.executable
    container = entry.container?.withoutPod
    pod = entry.container?.pod
    dialect = entry.dialect
    self.signal = signal
    self.debug = debug
    self.outcome = outcome
    self.evidence = evidence
    self.by = by
    self.reason = reason
    self.command = command
    self.expiresAt = expiresAt
    self.keeper = keeper
  }

  private enum CodingKeys: String, CodingKey {
    case time, service, pid, executable, container, pod, dialect, signal, debug, outcome, evidence, by, reason
    case command, keeper
    case bootID = "boot_id"
    case startTicks = "start_ticks"
    case expiresAt = "expires_at"
  }
}
