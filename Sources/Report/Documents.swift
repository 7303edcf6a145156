import Configuration
import Containers
import Ledger
import PlaceOS
import Processes
import Switching
import Text

// The JSON documents of the contract: keys in snake_case, times in RFC 3339 UTC, absent values null.

/// An entry whose process has ended.
struct RestartedDocument: Encodable {
  let service: String
  let pid: Int32
  @OrNull var container: Container?
  let since: Timestamp

  init(_ entry: LedgerEntry) {
    service = entry.service
    pid = entry.identity.pid
    container = entry.container?.withoutPod
    since = Timestamp(entry.sinceWall)
  }
}

struct StatusDocument: Encodable {
  let bootId: String
  let revertArmed: Bool
  @OrNull var revertedBy: String?
  @OrNull var revertedWithinMs: Int64?
  let instances: [InstanceDocument]
  /// Services whose container exists and is not running.
  let notRunning: [NotRunningDocument]
  /// Followed services that are restarting.
  let awaited: [AwaitedDocument]
  let unmatched: [String]
  let restarted: [RestartedDocument]

  init(_ result: StatusResult) {
    // Without the pid namespace that may follow it.
    bootId = String(result.bootID.prefix { $0 != "/" })
    revertArmed = result.keeper != nil
    revertedBy = result.keeper?.rawValue
    revertedWithinMs = result.keeper.map { result.keepers.lateness(of: $0).nanoseconds / 1_000_000 }
    instances = result.instances.map { InstanceDocument($0, in: result) }
    notRunning = result.idle.map { NotRunningDocument($0, now: result.now) }
    awaited = result.awaited.map { AwaitedDocument($0, now: result.now) }
    unmatched = result.unmatched.map(\.selector.word)
    restarted = result.restarted.map(RestartedDocument.init)
  }
}

/// A followed service that is restarting.
struct AwaitedDocument: Encodable {
  let service: String
  let executable: String
  @OrNull var container: Container?
  @OrNull var pod: Pod?
  let since: Timestamp
  @OrNull var expiresAt: Timestamp?
  let by: LedgerEntry.Actor
  @OrNull var reason: String?

  init(_ followed: FollowedService, now: HostClock) {
    service = followed.service
    executable = followed.executable
    container = followed.container?.withoutPod
    pod = followed.container?.pod
    since = Timestamp(now.wall(at: followed.since))
    expiresAt = followed.deadline.map { Timestamp(now.wall(at: $0)) }
    by = followed.by
    reason = followed.reason
  }
}

struct InstanceDocument: Encodable {
  let service: String
  let pid: Int32
  let startTime: Timestamp
  let executable: String
  @OrNull var container: Container?
  @OrNull var pod: Pod?
  @OrNull var debug: Bool?
  @OrNull var level: String?
  let evidence: String
  /// Why stronger evidence was refused, if it was.
  @OrNull var evidenceRefused: String?
  let dialect: String
  let switchable: Bool
  @OrNull var whyNot: String?
  /// What proves that it belongs to PlaceOS: `symbols`, `image`, `configuration`, or nothing.
  @OrNull var proof: String?
  let stopped: Bool
  let signalPending: Bool
  @OrNull var startLevel: String?
  @OrNull var since: Timestamp?
  @OrNull var expiresAt: Timestamp?
  @OrNull var by: LedgerEntry.Actor?
  @OrNull var reason: String?
  /// Whether it stays in debug mode when it restarts; `null` if this tool has not switched it on.
  @OrNull var followsRestarts: Bool?
  /// What the agent has measured; `null` if it has not.
  @OrNull var writeBytesPerSecond: UInt64?
  @OrNull var diskLastsSeconds: UInt64?

  init(_ instance: Instance, in result: StatusResult) {
    let now = result.now
    service = instance.service.name
    pid = instance.identity.pid
    startTime = Timestamp(now.wall(at: instance.started))
    executable = instance.executable.path
    container = instance.container?.withoutPod
    pod = instance.container?.pod
    debug = instance.level.debug
    level = instance.logLevel?.rawValue
    evidence = instance.level.evidence.rawValue
    evidenceRefused = instance.level.refusal?.sentence
    dialect = instance.handling.dialect.rawValue
    switchable = instance.obstacle() == nil
    whyNot = instance.obstacle()?.sentence
    proof = instance.proof?.rawValue
    stopped = instance.isStopped
    signalPending = instance.isSignalPending
    startLevel = instance.startLevel?.rawValue
    let entry = instance.isOurs ? instance.entry : nil
    since = entry.map { Timestamp(now.wall(at: $0.since)) }
    expiresAt = entry?.deadline.map { Timestamp(now.wall(at: $0)) }
    by = entry?.by
    reason = entry?.reason
    followsRestarts = entry.map { _ in result.followed(instance) != nil }
    let figure = result.figure(instance)
    writeBytesPerSecond = figure?.writeBytesPerSecond
    diskLastsSeconds = figure?.diskLastsSeconds
  }
}

/// A service whose container is not running.
struct NotRunningDocument: Encodable {
  let service: String
  let container: Container
  /// Since when, and with which exit status.
  let message: String

  init(_ idle: IdleService, now: HostClock) {
    service = idle.service.name
    container = idle.container.withoutPod
    message = idle.sentence(now: now.wall)
  }
}

struct RunDocument: Encodable {
  let command: String
  let dryRun: Bool
  let revertArmed: Bool
  @OrNull var revertedBy: String?
  @OrNull var revertedWithinMs: Int64?
  let results: [OutcomeDocument]
  let unmatched: [String]
  let restarted: [RestartedDocument]

  init(_ result: RunResult) {
    command = result.request.verb.rawValue
    dryRun = result.request.isDryRun
    revertArmed = result.keeper != nil
    revertedBy = result.keeper?.rawValue
    revertedWithinMs = result.keeper.map { result.keepers.lateness(of: $0).nanoseconds / 1_000_000 }
    results = result.outcomes.map { OutcomeDocument($0, now: result.now) }
    unmatched = result.unmatched.map(\.selector.word)
    restarted = result.restarted.map(RestartedDocument.init)
  }
}

struct OutcomeDocument: Encodable {
  let service: String
  let pid: Int32
  let executable: String
  @OrNull var container: Container?
  @OrNull var pod: Pod?
  @OrNull var before: Bool?
  @OrNull var after: Bool?
  let outcome: String
  let evidence: String
  @OrNull var expiresAt: Timestamp?
  @OrNull var message: String?

  init(_ outcome: Outcome, now: HostClock) {
    service = outcome.target.service
    pid = outcome.target.identity.pid
    executable = outcome.target.executable
    container = outcome.target.container?.withoutPod
    pod = outcome.target.container?.pod
    before = outcome.before
    after = outcome.after
    self.outcome = outcome.kind.rawValue
    evidence = outcome.evidence.rawValue
    expiresAt = outcome.deadline.map { Timestamp(now.wall(at: $0)) }
    message = outcome.message
  }
}

/// What follows the entries, which may be many.
struct HistoryDocument: Encodable {
  let damagedLines: Int
}

struct ServicesDocument: Encodable {
  struct Entry: Encodable {
    let name: String
    let aliases: [String]
    let executables: [String]
    let images: [String]
    let dialects: [String]
    /// What the configuration has added, the whole service or custom builds of it.
    let added: [ConfigurationBody.Addition]
    @OrNull var note: String?
  }

  let services: [Entry]

  init(_ catalogue: Catalogue) {
    services = catalogue.services.map { service in
      Entry(
        name: service.name, aliases: service.aliases,
        executables: service.shownExecutables, images: service.images,
        dialects: service.dialects.map(\.rawValue),
        added: catalogue.additions.filter { $0.name == service.name }.map(ConfigurationBody.Addition.init),
        note: service.note)
    }
  }
}
