import Configuration
import Containers
import Ledger
import PlaceOS
import Processes
import Switching
import Text

// The JSON documents of the contract: keys in snake_case, times in RFC 3339 UTC, absent values null.

struct ContainerDocument: Encodable {
  let runtime: String
  let id: String
  @OrNull var name: String?
  @OrNull var image: String?

  init(_ container: LedgerEntry.Container) {
    runtime = container.runtime
    id = container.id
    name = container.name
    image = container.image
  }
}

struct PodDocument: Encodable {
  @OrNull var namespace: String?
  @OrNull var name: String?
  @OrNull var container: String?

  init?(_ container: LedgerEntry.Container?) {
    guard let container, container.podNamespace != nil || container.podName != nil else { return nil }
    namespace = container.podNamespace
    name = container.podName
    self.container = container.podContainer
  }
}

struct ActorDocument: Encodable {
  let user: String
  @OrNull var sudoUser: String?
  let uid: UInt32

  init(_ actor: LedgerEntry.Actor) {
    user = actor.user
    sudoUser = actor.sudoUser
    uid = actor.uid
  }
}

/// An entry whose process has ended.
struct RestartedDocument: Encodable {
  let service: String
  let pid: Int32
  @OrNull var container: ContainerDocument?
  let since: Timestamp

  init(_ entry: LedgerEntry) {
    service = entry.service
    pid = entry.identity.pid
    container = entry.container.map(ContainerDocument.init)
    since = Timestamp(wallNs: entry.sinceWallNs)
  }
}

struct StatusDocument: Encodable {
  let bootId: String
  let revertArmed: Bool
  @OrNull var revertedBy: String?
  @OrNull var revertedWithinMs: Int64?
  let instances: [InstanceDocument]
  /// Followed services that are restarting.
  let awaited: [AwaitedDocument]
  let unmatched: [String]
  let restarted: [RestartedDocument]

  init(_ result: StatusResult) {
    bootId = result.bootID
    revertArmed = result.keeper != nil
    revertedBy = result.keeper?.rawValue
    revertedWithinMs = result.keeper.map { $0.latenessNs / 1_000_000 }
    instances = result.instances.map { InstanceDocument($0, in: result) }
    awaited = result.awaited.map { AwaitedDocument($0, now: result.now) }
    unmatched = result.unmatched.map(\.selector.word)
    restarted = result.restarted.map(RestartedDocument.init)
  }
}

/// A followed service that is restarting.
struct AwaitedDocument: Encodable {
  let service: String
  let executable: String
  @OrNull var container: ContainerDocument?
  @OrNull var pod: PodDocument?
  let since: Timestamp
  @OrNull var expiresAt: Timestamp?
  let by: ActorDocument
  @OrNull var reason: String?

  init(_ followed: FollowedService, now: HostClock) {
    service = followed.service
    executable = followed.executable
    container = followed.container.map(ContainerDocument.init)
    pod = PodDocument(followed.container)
    since = Timestamp(wallNs: now.wallNs(atBoottimeNs: followed.sinceBoottimeNs))
    expiresAt = followed.deadlineBoottimeNs.map { Timestamp(wallNs: now.wallNs(atBoottimeNs: $0)) }
    by = ActorDocument(followed.by)
    reason = followed.reason
  }
}

struct InstanceDocument: Encodable {
  let service: String
  let pid: Int32
  let startTime: Timestamp
  let executable: String
  @OrNull var container: ContainerDocument?
  @OrNull var pod: PodDocument?
  @OrNull var debug: Bool?
  @OrNull var level: String?
  let evidence: String
  /// Why stronger evidence was refused, where it was.
  @OrNull var evidenceRefused: String?
  let dialect: String
  let switchable: Bool
  @OrNull var whyNot: String?
  /// What proves that it is PlaceOS's: `symbols`, `image`, `configuration`, or nothing.
  @OrNull var proof: String?
  let stopped: Bool
  let signalPending: Bool
  @OrNull var startLevel: String?
  @OrNull var since: Timestamp?
  @OrNull var expiresAt: Timestamp?
  @OrNull var by: ActorDocument?
  @OrNull var reason: String?
  /// Whether it stays in debug mode when it restarts; `null` where this tool has not switched it on.
  @OrNull var followsRestarts: Bool?
  /// What the agent has measured; `null` where it has not.
  @OrNull var writeBytesPerSecond: UInt64?
  @OrNull var diskLastsSeconds: UInt64?

  init(_ instance: Instance, in result: StatusResult) {
    let now = result.now
    let recorded = instance.container.map(LedgerEntry.Container.init)
    service = instance.service.name
    pid = instance.identity.pid
    startTime = Timestamp(wallNs: now.wallNs(atBoottimeNs: instance.startedBoottimeNs))
    executable = instance.executable.path
    container = recorded.map(ContainerDocument.init)
    pod = PodDocument(recorded)
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
    since = entry.map { Timestamp(wallNs: now.wallNs(atBoottimeNs: $0.sinceBoottimeNs)) }
    expiresAt = entry?.deadlineBoottimeNs.map { Timestamp(wallNs: now.wallNs(atBoottimeNs: $0)) }
    by = entry.map { ActorDocument($0.by) }
    reason = entry?.reason
    followsRestarts = entry.map { _ in result.followed(instance) != nil }
    let figure = result.figure(instance)
    writeBytesPerSecond = figure?.writeBytesPerSecond
    diskLastsSeconds = figure?.diskLastsSeconds
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
    revertedWithinMs = result.keeper.map { $0.latenessNs / 1_000_000 }
    results = result.outcomes.map { OutcomeDocument($0, now: result.now) }
    unmatched = result.unmatched.map(\.selector.word)
    restarted = result.restarted.map(RestartedDocument.init)
  }
}

struct OutcomeDocument: Encodable {
  let service: String
  let pid: Int32
  let executable: String
  @OrNull var container: ContainerDocument?
  @OrNull var pod: PodDocument?
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
    container = outcome.target.container.map(ContainerDocument.init)
    pod = PodDocument(outcome.target.container)
    before = outcome.before
    after = outcome.after
    self.outcome = outcome.kind.rawValue
    evidence = outcome.evidence.rawValue
    expiresAt = outcome.deadlineBoottimeNs.map { Timestamp(wallNs: now.wallNs(atBoottimeNs: $0)) }
    message = outcome.message
  }
}

struct HistoryDocument: Encodable {
  let entries: [HistoryEntry]
  let damagedLines: Int
}

struct ServicesDocument: Encodable {
  struct Entry: Encodable {
    let name: String
    let aliases: [String]
    let executables: [String]
    let images: [String]
    let dialects: [String]
    /// What the configuration has added, be it the whole service or own builds of it.
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

extension Outcome {
  /// All that there is to say about it, in one line; `nil` for nothing.
  public var message: String? {
    let sentences = notes.compactMap(\.sentence)
    return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
  }
}
