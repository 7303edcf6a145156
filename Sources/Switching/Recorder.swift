import Containers
import Glibc
import Ledger
import PlaceOS
import Processes

/// Writes what a plan intends, and what came of it. It has the lock while it writes, and looks at no process meanwhile.
///
/// An intent bears the process that records it. While that one lives, another command sends no signal to the same
/// process; when it has ended, what the process itself shows decides.
struct Recorder: ~Copyable {
  /// What became of the intents.
  enum Intended {
    case recorded
    /// Another command has changed what is recorded of a process of the plan: it has to be made anew, from this.
    case stale(LedgerState)
  }

  let directory: StateDirectory
  let bootID: String
  let request: Request
  let clock: @Sendable () -> HostClock
  /// Why what is recorded cannot be read; it is not written then.
  let damage: LedgerError?
  /// What is recorded now.
  private(set) var state: LedgerState?
  /// The intents, by process.
  private(set) var intents: [ProcessIdentity: LedgerEntry] = [:]
  /// What of the ledger was in debug mode and has ended.
  private(set) var restarted: [LedgerEntry] = []
  /// Followed services of which no step speaks, and that are followed no longer.
  private(set) var released: [FollowedService] = []
  /// What could not be written.
  private(set) var problems: [LedgerError] = []
  /// Where intents could not be written, the lock is kept until the signals are out: nothing else keeps another command
  /// from sending the same.
  private var kept: LedgerTransaction?
  private let sender: ProcessIdentity?

  init(
    directory: StateDirectory, bootID: String, request: Request, clock: @escaping @Sendable () -> HostClock,
    damage: LedgerError?
  ) {
    self.directory = directory
    self.bootID = bootID
    self.request = request
    self.clock = clock
    self.damage = damage
    sender = ProcessIdentity.ofThisProcess(bootID: bootID)
  }

  /// Records what is intended, all of it in one write.
  ///
  /// - Parameters:
  ///   - snapshot: what the plan was made from.
  ///   - ended: entries whose process has ended.
  ///   - unfollowing: the services that are to be followed no longer.
  ///   - isInterrupted: asked while the lock is waited for, whether to give up.
  /// - Throws: where nothing could be recorded, and nothing may be sent. What takes back goes on without a record where
  ///   there is no room for one.
  mutating func recordIntents(
    of plan: Plan, basedOn snapshot: LedgerState?, ended: [LedgerEntry], unfollowing: Set<ServicePlace>,
    timeout: Duration, isInterrupted: () -> Bool
  ) throws(LedgerError) -> Intended {
    let lock = try directory.lock(timeoutNs: timeout.nanoseconds, isInterrupted: isInterrupted)
    var transaction = damage == nil ? try lock.begin() : lock.beginDespiteDamage()
    for step in plan.steps { intents[step.target.identity] = intent(of: step) }
    guard transaction.damage == nil else {
      kept = consume transaction
      return .recorded
    }
    let before = transaction.state
    var new = (before ?? LedgerState(bootID: bootID)).current(bootID: bootID).state
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
      try transaction.writeState(new)
    } catch {
      guard error.isOfRoom, plan.takesBack else { throw error }
      problems.append(error)
      kept = consume transaction
    }
    return .recorded
  }

  /// Records what came of it. The intents are on disk, should this fail: what may be on will be taken back.
  mutating func recordOutcomes(of plan: Plan, _ deliveries: Deliveries, timeout: Duration) {
    guard !deliveries.all.isEmpty else {
      kept = nil
      return
    }
    do throws(LedgerError) {
      if var transaction = kept.take() {
        if transaction.damage == nil { try write(deliveries, to: &transaction) }
      } else {
        var transaction = try directory.lock(timeoutNs: timeout.nanoseconds).begin()
        try write(deliveries, to: &transaction)
      }
    } catch {
      if problems.last != error { problems.append(error) }
    }
  }

  private func write(_ deliveries: Deliveries, to transaction: inout LedgerTransaction) throws(LedgerError) {
    let before = transaction.state
    var new = (before ?? LedgerState(bootID: bootID)).current(bootID: bootID).state
    for (_, delivery) in deliveries.all {
      guard let intent = intents[delivery.instance.identity] else { continue }
      // What another command has recorded since is newer.
      if let now = new[intent.identity], now.lastSignal != intent.lastSignal { continue }
      record(delivery, intent, in: &new)
    }
    if new != before, !(new.isEmpty && before == nil) { try transaction.writeState(new) }
  }

  /// What is recorded before the signal: that it may have been sent. Whatever happens next, an entry says
  /// `debug` as long as the process may be in debug mode through this tool.
  private func intent(of step: Plan.Step) -> LedgerEntry? {
    guard case .send(let signal, let wanted) = step.action, let instance = step.instance else { return nil }
    let now = clock()
    let sent = LedgerEntry.SentSignal(
      signal: signal.rawValue, wanted: wanted, atBoottimeNs: now.boottimeNs, progress: .intended,
      sender: sender)
    if !wanted, var entry = instance.entry {
      entry.lastSignal = sent
      return entry
    }
    return LedgerEntry(
      identity: instance.identity, service: instance.service.name, executable: instance.executable.path,
      container: instance.container.map(LedgerEntry.Container.init),
      dialect: instance.handling.dialect.rawValue, debug: wanted, sinceBoottimeNs: now.boottimeNs,
      sinceWallNs: now.wallNs, deadlineBoottimeNs: wanted ? step.deadlineBoottimeNs : nil, by: request.by,
      reason: request.reason, lastSignal: sent)
  }

  private func record(_ delivery: Delivery, _ intent: LedgerEntry, in state: inout LedgerState) {
    guard case .settled(let outcome, let sentNs) = delivery.progress else { return }
    if outcome.kind == .vanished {
      state.remove(intent.identity)
      return
    }
    guard let sentNs else {
      // Nothing was sent: what was intended is withdrawn.
      if let before = delivery.instance.entry { state.upsert(before) } else { state.remove(intent.identity) }
      return
    }
    var entry = intent
    entry.lastSignal?.atBoottimeNs = sentNs
    entry.lastSignal?.sender = nil
    entry.lastSignal?.progress = outcome.kind == .switched ? .confirmed : delivery.wasTaken ? .taken : .sent
    // Seen to be out of debug mode, or known to have taken the signal to leave it. Where neither is known it may be in,
    // and the deadline stands.
    let isOut =
      !delivery.wanted && (outcome.kind == .switched || (delivery.wasTaken && outcome.after == false))
    if isOut {
      let now = clock()
      entry.debug = false
      entry.deadlineBoottimeNs = nil
      (entry.sinceBoottimeNs, entry.sinceWallNs) = (now.boottimeNs, now.wallNs)
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

extension LedgerState {
  fileprivate var isEmpty: Bool { entries.isEmpty && followed.isEmpty }
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
    case .leave where entry.debug && before == true: entry.deadlineBoottimeNs = deadlineBoottimeNs
    case .forget(processEnded: false):
      // Kept while the process lives, so that it is known to have been switched before.
      entry.debug = false
      entry.deadlineBoottimeNs = nil
    case .forget(processEnded: true):
      state.remove(target.identity)
      return
    case .send, .leave, .refuse, .fail: return
    }
    // A signal that was acted upon late is in flight no more: what happens from here on is somebody else's.
    if evidence.isOfProcess { entry.lastSignal?.progress = .confirmed }
    if entry != state[target.identity] { state.upsert(entry) }
  }
}

/// One signal that was sent, and what came of it.
struct SentSwitch {
  /// As it was recorded before the signal.
  let intent: LedgerEntry
  let signal: SwitchSignal
  let wanted: Bool
  let atBoottimeNs: Int64
  let outcome: Outcome
}

extension Deliveries {
  func sent(intents: [ProcessIdentity: LedgerEntry]) -> [SentSwitch] {
    all.compactMap { _, delivery in
      guard case .settled(let outcome, let sentNs?) = delivery.progress,
        let intent = intents[delivery.instance.identity]
      else { return nil }
      return SentSwitch(
        intent: intent, signal: delivery.signal, wanted: delivery.wanted, atBoottimeNs: sentNs,
        outcome: outcome)
    }
  }
}
