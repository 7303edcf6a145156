import Containers
import Glibc
import Ledger
import PlaceOS
import Processes

/// Writes what a plan intends, and its outcome. It holds the lock while it writes, and reads no process
/// meanwhile.
///
/// An intent names the process that records it. While that one lives, no other command signals the same
/// process; when it has ended, what the process itself shows decides.
struct Recorder: ~Copyable {
  /// What became of the intents.
  enum Intended {
    case recorded
    /// Another command has changed the record of a process of the plan: plan again, from this.
    case stale(LedgerState)
  }

  let directory: StateDirectory
  let boot: SeenBoot
  let request: Request
  let clock: @Sendable () -> HostClock
  /// Why the recorded state cannot be read; then it is not written.
  let damage: LedgerError?
  /// The recorded state now.
  private(set) var state: LedgerState?
  /// The intents, by process.
  private(set) var intents: [ProcessIdentity: LedgerEntry] = [:]
  /// The ledger's entries that were in debug mode and have ended.
  private(set) var restarted: [LedgerEntry] = []
  /// Followed services that no step mentions, and that are no longer followed.
  private(set) var released: [FollowedService] = []
  /// What could not be written.
  private(set) var problems: [LedgerError] = []
  /// If intents could not be written, the lock is kept until the signals are out: nothing else keeps another
  /// command from sending the same.
  private var kept: LedgerTransaction?
  private let sender: ProcessIdentity?
  /// Whether the intents are in the state file.
  private(set) var isRecorded = true

  init(
    directory: StateDirectory, boot: SeenBoot, request: Request, clock: @escaping @Sendable () -> HostClock,
    damage: LedgerError?
  ) {
    self.directory = directory
    self.boot = boot
    self.request = request
    self.clock = clock
    self.damage = damage
    sender = ProcessIdentity.ofThisProcess(bootID: boot.id)
  }

  /// Records the intents, all in one write.
  ///
  /// - Parameters:
  ///   - snapshot: what the plan was made from.
  ///   - ended: entries whose process has ended.
  ///   - unfollowing: the services to unfollow.
  ///   - isInterrupted: asked while waiting for the lock, whether to give up.
  /// - Throws: if nothing could be recorded, and so nothing may be sent. Taking back goes on without a record
  ///   if there is no space for one.
  mutating func recordIntents(
    of plan: Plan, basedOn snapshot: LedgerState?, ended: [LedgerEntry], unfollowing: Set<ServicePlace>,
    timeout: Duration, isInterrupted: () -> Bool
  ) throws(LedgerError) -> Intended {
    let lock = try directory.lock(timeout: timeout, isInterrupted: isInterrupted)
    var transaction = damage == nil ? try lock.begin() : lock.beginDespiteDamage()
    for step in plan.steps { intents[step.target.identity] = intent(of: step) }
    guard transaction.damage == nil else {
      kept = consume transaction
      isRecorded = false
      return .recorded
    }
    let before = transaction.state
    var new = (before ?? LedgerState(bootID: boot.id)).current(boot).state
    if let snapshot, plan.steps.contains(where: { new[$0.target.identity] != snapshot[$0.target.identity] }) {
      return .stale(new)
    }
    for entry in ended where new[entry.identity] == entry {
      new.remove(entry.identity)
      if entry.debug { restarted.append(entry) }
    }
    let followed = new.followed
    new.followed = plan.followed(followed, unfollowing: unfollowing, now: clock())
    released = plan.released(from: followed, to: new.followed)
    for step in plan.steps {
      if let intent = intents[step.target.identity] {
        new.upsert(intent)
      } else {
        step.settle(in: &new)
      }
    }
    state = new
    guard new != before, !(new.isEmpty && before == nil) else { return .recorded }
    do throws(LedgerError) {
      try transaction.writeState(new, usingReserve: plan.takesBack)
    } catch {
      guard error.isOfRoom, plan.takesBack else { throw error }
      problems.append(error)
      kept = consume transaction
      isRecorded = false
    }
    return .recorded
  }

  /// Records the outcome. If this fails, the intents are on disk: what may be on will be taken back.
  mutating func recordOutcomes(of plan: Plan, _ deliveries: Deliveries, timeout: Duration) {
    guard !deliveries.all.isEmpty else {
      kept = nil
      return
    }
    do throws(LedgerError) {
      if var transaction = kept.take() {
        if transaction.damage == nil { try write(deliveries, to: &transaction) }
      } else {
        var transaction = try directory.lock(timeout: timeout).begin()
        try write(deliveries, to: &transaction)
      }
    } catch {
      if problems.last != error { problems.append(error) }
    }
  }

  private func write(_ deliveries: Deliveries, to transaction: inout LedgerTransaction) throws(LedgerError) {
    let before = transaction.state
    var new = (before ?? LedgerState(bootID: boot.id)).current(boot).state
    for (_, delivery) in deliveries.all {
      guard let intent = intents[delivery.instance.identity] else { continue }
      // What another command has recorded since is newer.
      if let now = new[intent.identity], now.lastSignal != intent.lastSignal { continue }
      record(delivery, intent, in: &new)
    }
    if new != before, !(new.isEmpty && before == nil) { try transaction.writeState(new) }
  }

  /// The record before the signal: that it may have been sent. Whatever happens next, an entry says `debug`
  /// as long as the process may be in debug mode through this tool.
  private func intent(of step: Plan.Step) -> LedgerEntry? {
    guard case .send(let signal, let wanted) = step.action, let instance = step.instance else { return nil }
    let now = clock()
    let sent = LedgerEntry.SentSignal(
      signal: signal.rawValue, wanted: wanted, at: now.boottime, progress: .intended,
      sender: sender)
    if !wanted, var entry = instance.entry {
      entry.lastSignal = sent
      return entry
    }
    return LedgerEntry(
      identity: instance.identity, service: instance.service.name, executable: instance.executable.path,
      container: instance.container,
      dialect: instance.handling.dialect.rawValue, debug: wanted, since: now.boottime,
      sinceWall: now.wall, deadline: wanted ? step.deadline : nil, by: request.by,
      reason: request.reason, lastSignal: sent)
  }

  private func record(_ delivery: Delivery, _ intent: LedgerEntry, in state: inout LedgerState) {
    guard case .settled(let outcome, let sent) = delivery.progress else { return }
    if outcome.kind == .vanished {
      state.remove(intent.identity)
      return
    }
    guard let sent else {
      // Nothing was sent: the intent is withdrawn.
      if let before = delivery.instance.entry { state.upsert(before) } else { state.remove(intent.identity) }
      return
    }
    var entry = intent
    entry.lastSignal?.at = sent
    entry.lastSignal?.sender = nil
    entry.lastSignal?.progress = outcome.kind == .switched ? .confirmed : delivery.wasTaken ? .taken : .sent
    // Seen to be out of debug mode, or known to have taken the signal to leave it. Otherwise it may still be
    // in it, and the deadline stands.
    let isOut =
      !delivery.wanted && (outcome.kind == .switched || (delivery.wasTaken && outcome.after == false))
    if isOut {
      let now = clock()
      entry.debug = false
      entry.deadline = nil
      (entry.since, entry.sinceWall) = (now.boottime, now.wall)
      entry.by = request.by
      entry.reason = request.reason
    }
    state.upsert(entry)
  }
}

extension Optional where Wrapped: ~Copyable {
  fileprivate mutating func take() -> Wrapped? {
    let value = consume self
    self = nil
    return value
  }
}

extension Plan {
  /// Whether every signal of it leads out of debug mode.
  fileprivate var takesBack: Bool {
    steps.allSatisfy { if case .send(_, towards: true) = $0.action { false } else { true } }
  }
}

extension Plan.Step {
  /// What a step that sends nothing changes in the ledger.
  fileprivate func settle(in state: inout LedgerState) {
    guard var entry = state[target.identity] else { return }
    switch action {
    case .leave where entry.debug && before == true: entry.deadline = deadline
    case .forget(processEnded: false):
      // Kept while the process lives, so that it is known to have been switched before.
      entry.debug = false
      entry.deadline = nil
    case .forget(processEnded: true):
      state.remove(target.identity)
      return
    case .send, .leave, .refuse, .fail: return
    }
    // A signal that was acted on late is no longer in flight: what happens from here on is somebody else's.
    if evidence.isOfProcess { entry.lastSignal?.progress = .confirmed }
    if entry != state[target.identity] { state.upsert(entry) }
  }
}

/// One sent signal, and its outcome.
struct SentSwitch {
  /// As recorded before the signal.
  let intent: LedgerEntry
  let signal: SwitchSignal
  let wanted: Bool
  let at: BootTime
  let outcome: Outcome
}

extension Deliveries {
  func sent(intents: [ProcessIdentity: LedgerEntry]) -> [SentSwitch] {
    all.compactMap { _, delivery in
      guard case .settled(let outcome, let sent?) = delivery.progress,
        let intent = intents[delivery.instance.identity]
      else { return nil }
      return SentSwitch(
        intent: intent, signal: delivery.signal, wanted: delivery.wanted, at: sent,
        outcome: outcome)
    }
  }
}
