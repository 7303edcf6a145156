import Containers
import Ledger
import PlaceOS
import Processes

/// Carries out a plan.
///
/// The order of it keeps three promises. What is intended is on disk before the first signal. A signal goes
/// through a pidfd whose process was checked after the pidfd was opened. And no process gets a second signal
/// because an answer is late.
struct Switcher {
  let request: Request
  let clock: @Sendable () -> HostClock
  /// Told, now and then, which processes are still awaited.
  let waiting: ([Instance]) -> Void
  /// The signal that asks this program to end, if there is one: then nothing more is sent.
  let interruption: () -> Int32?

  /// What was done: the outcomes in the plan's order, and the signals that were sent.
  struct Result {
    var outcomes: [Outcome]
    var sent: [SentSwitch]
    /// What could not be written after the signals had been sent.
    var unrecorded: LedgerError?
    /// The signal that kept the rest from being sent, or from being waited for.
    var interruptedBy: Int32?
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

  /// - Throws: `LedgerError` where the intent could not be recorded: nothing was sent then.
  func carryOut(
    _ plan: Plan, observer: inout Observer, pruned state: LedgerState,
    transaction: inout LedgerTransaction
  ) throws(LedgerError) -> Result {
    var outcomes: [Int: Outcome] = [:]
    var flights: [(index: Int, flight: Flight)] = []
    for (index, step) in plan.steps.enumerated() {
      guard case .send(let signal, let wanted) = step.action, let instance = step.instance else {
        outcomes[index] = step.settledOutcome(isAll: request.selection.isAll)
        continue
      }
      do {
        flights.append(
          (
            index,
            try Flight(
              step, instance, signal, towards: wanted, observer: &observer, clock: clock)
          ))
      } catch {
        outcomes[index] = error.outcome
      }
    }

    // The intent of all of them, in one write.
    var state = state
    let intents = flights.map { intent(of: $0.flight) }
    for entry in intents { state.upsert(entry) }
    // Where the state file cannot be read, it is left as it is, and what the processes show has to do.
    let isRecorded = transaction.damage == nil
    if isRecorded, state != transaction.state, !(state.entries.isEmpty && transaction.state == nil) {
      try transaction.writeState(state)
    }

    var interruptedBy: Int32?
    for (_, flight) in flights {
      flight.waitForGap()
      interruptedBy = interruption()
      if interruptedBy == nil { flight.send() } else { flight.giveUp() }
    }
    interruptedBy = confirm(flights.map(\.flight)) ?? interruptedBy

    var sent: [SentSwitch] = []
    for ((index, flight), intent) in zip(flights, intents) {
      guard case .settled(let outcome, let sentNs) = flight.progress else { continue }
      outcomes[index] = outcome
      record(outcome, of: flight, sentBoottimeNs: sentNs, in: &state)
      if let sentNs {
        sent.append(
          SentSwitch(
            intent: intent, signal: flight.signal, wanted: flight.wanted, atBoottimeNs: sentNs,
            outcome: outcome))
      }
    }
    for step in plan.steps { step.settle(in: &state) }

    var result = Result(
      outcomes: plan.steps.indices.compactMap { outcomes[$0] }, sent: sent, unrecorded: transaction.damage,
      interruptedBy: interruptedBy)
    if isRecorded, state != transaction.state, !(state.entries.isEmpty && transaction.state == nil) {
      do {
        try transaction.writeState(state)
      } catch {
        // The signals are out, and the intents on disk still say so: what is on will be taken back.
        if sent.isEmpty { throw error }
        result.unrecorded = error
      }
    }
    return result
  }

  /// Watches until every process that got a signal has acted on it, or the time for it is over, or a signal asks
  /// this program to end, which is returned then.
  private func confirm(_ flights: [Flight]) -> Int32? {
    var endNs = clock().boottimeNs + request.waitNs
    var signal: Int32?
    var pause = Pause()
    while true {
      if signal == nil, let received = interruption() {
        signal = received
        endNs = min(endNs, clock().boottimeNs + Self.graceNs)
      }
      let isLast = clock().boottimeNs >= endNs
      for flight in flights { flight.watch(isLast: isLast) }
      let open = flights.filter(\.isOpen)
      if open.isEmpty { return signal }
      waiting(open.map(\.instance))
      pause.next()
    }
  }

  /// What is still waited for an answer where this program is asked to end; 23 ms was the longest seen of a process
  /// that was ready.
  private static let graceNs: Int64 = 100_000_000

  /// What is recorded before the signal: that it may have been sent. Whatever happens next, an entry says
  /// `debug` as long as the process may be in debug mode through this tool.
  private func intent(of flight: Flight) -> LedgerEntry {
    let now = clock()
    let signal = LedgerEntry.SentSignal(
      signal: flight.signal.rawValue, wanted: flight.wanted, atBoottimeNs: now.boottimeNs,
      progress: .intended)
    if !flight.wanted, var entry = flight.instance.entry {
      entry.lastSignal = signal
      return entry
    }
    return LedgerEntry(
      identity: flight.instance.identity, service: flight.instance.service.name,
      executable: flight.instance.executable.path,
      container: flight.instance.container.map(LedgerEntry.Container.init),
      dialect: flight.instance.handling.dialect.rawValue, debug: flight.wanted,
      sinceBoottimeNs: now.boottimeNs, sinceWallNs: now.wallNs,
      deadlineBoottimeNs: flight.wanted ? flight.step.deadlineBoottimeNs : nil, by: request.by,
      reason: request.reason, lastSignal: signal)
  }

  private func record(
    _ outcome: Outcome, of flight: Flight, sentBoottimeNs: Int64?, in state: inout LedgerState
  ) {
    let identity = flight.instance.identity
    if outcome.kind == .vanished {
      state.remove(identity)
      return
    }
    guard let sentBoottimeNs, var entry = state[identity] else {
      // Nothing was sent: what was intended is withdrawn.
      if let before = flight.instance.entry { state.upsert(before) } else { state.remove(identity) }
      return
    }
    let isConfirmed = outcome.kind == .switched
    entry.lastSignal = LedgerEntry.SentSignal(
      signal: flight.signal.rawValue, wanted: flight.wanted, atBoottimeNs: sentBoottimeNs,
      progress: isConfirmed ? .confirmed : .sent)
    if !flight.wanted, isConfirmed || outcome.after == false {
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

extension Flight {
  /// Whether it got its signal and its answer is still awaited.
  fileprivate var isOpen: Bool { if case .sent = progress { true } else { false } }
}

extension Plan.Step {
  /// The outcome of a step that sends nothing.
  fileprivate func settledOutcome(isAll: Bool) -> Outcome {
    switch action {
    case .send(_, let wanted):
      // What `--dry-run` shows: where it would lead.
      outcome(.switched, notes, after: wanted, isAsAsked: true)
    case .leave: outcome(.unchanged, notes, after: before, isAsAsked: true)
    // Under `--all` what cannot be switched is only reported; a stopped process can, once it goes on.
    case .refuse: outcome(.refused, notes, isAsAsked: isAll && !notes.contains(.stopped))
    case .fail: outcome(.failed, notes, isAsAsked: false)
    case .forget(processEnded: true): outcome(.vanished, notes, isAsAsked: true)
    case .forget(processEnded: false): outcome(.unchanged, notes, after: before, isAsAsked: true)
    }
  }

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
    if entry.lastSignal?.wanted == before, evidence.isOfProcess { entry.lastSignal?.progress = .confirmed }
    if entry != state[target.identity] { state.upsert(entry) }
  }
}

extension Plan {
  /// What would come of it, if nothing changed meanwhile.
  var expectedOutcomes: [Outcome] { steps.map { $0.settledOutcome(isAll: request.selection.isAll) } }
}
