import Containers
import Glibc
import Ledger
import PlaceOS
import Processes
import Text

// toggle, on, off, revert: the whole line.
//
// The lock of the state file is held while the file is written, and at no other time: not while a process is looked at,
// nor while an answer is awaited. What keeps two commands from signalling one process is the intent that is recorded
// before the signal, with the process that records it: while that one lives, nobody else sends.

extension Pipeline {
  /// Carries out a request, or plans it only (`isDryRun`).
  public func run(_ request: Request) throws(Stop) -> RunResult {
    let directory = try openDirectory(create: !request.isDryRun)
    let looks = try looks(directory)
    if request.verb == .revert, request.onlyExpired, !request.isDryRun, let directory {
      try recordRevertRun(of: looks.bootID, in: directory)
    }
    var snapshot = try snapshot(of: directory, looks, request)
    let targets = try targets(of: request, looks, snapshot.state)
    var result = RunResult(
      request: request, outcomes: [], unmatched: targets.unmatched, restarted: [],
      unreadable: targets.census.unreadable, unrecorded: [snapshot.damage].compactMap { $0 },
      now: environment.clock(), bootID: looks.bootID, keepers: keepers(directory, looks.bootID))
    if !targets.isEmpty {
      let observer = observer(looks, targets.census, targets.selection, snapshot.state, environment.clock())
      if let directory, !request.isDryRun {
        try carryOut(request, targets, &snapshot, observer, looks, directory, &result)
      } else {
        let end = Deadline(request.wait, after: environment.clock())
        let observed = awaitReadiness(of: targets, request, observer, directory, &snapshot, until: end)
        result.outcomes = plan(request, targets, observed, snapshot.state).expectedOutcomes
      }
    }
    keepSymbols(of: looks, in: directory)
    result.keepers.deadlinesAtOnce = snapshot.state?.deadlinesAtOnce ?? 0
    result.now = environment.clock()
    return result
  }

  /// What is recorded, as it was at one moment.
  struct Snapshot {
    /// `nil` where that is not known.
    var state: LedgerState?
    /// Why it is not.
    var damage: LedgerError?
  }

  /// Whom a request is about: processes found by a scan or, for `revert`, in the ledger.
  struct Targets {
    var selection: Selection?
    var census = Census()
    var processes: [RecognisedProcess] = []
    /// What is selected and cannot be looked at.
    var unread: [Instance] = []
    /// `revert` only: what is recorded and selected.
    var entries: [LedgerEntry] = []
    var unmatched: [Unmatched] = []
    /// The services that are to be followed no longer, whether a process of theirs runs or not.
    var unfollowed: Set<ServicePlace> = []

    var isEmpty: Bool { processes.isEmpty && unread.isEmpty && entries.isEmpty && unfollowed.isEmpty }
  }

  private func targets(
    of request: Request, _ looks: Looks, _ state: LedgerState?
  ) throws(Stop) -> Targets {
    let now = environment.clock()
    var targets = Targets()
    let chosen: Set<Int>
    if request.verb == .revert, let state {
      let entries = state.entries.filter(\.debug)
      (chosen, targets.unmatched) = try resolve(
        request.selection, entries.map(SelectionSubject.init), looks, isWhole: false)
      targets.entries = chosen.sorted().map { entries[$0] }
      let due = targets.entries.filter { $0.isDue(request, now: request.moment(now)) }
      targets.census = Recogniser(looks: looks, catalogue: catalogue).find(due, state, now: now)
      let candidates = Candidates(targets.census, LedgerState(bootID: state.bootID, entries: due), catalogue)
      let all = Array(candidates.subjects.indices)
      (targets.processes, targets.unread) = (candidates.recognised(all), candidates.unread(all))
    } else {
      targets.selection = request.selection
      targets.census = try find(request.selection, looks, state, now)
      let candidates = Candidates(targets.census, state, catalogue)
      (chosen, targets.unmatched) = try resolve(request.selection, candidates.subjects, looks)
      let indices = chosen.sorted()
      (targets.processes, targets.unread) = (candidates.recognised(indices), candidates.unread(indices))
    }
    targets.unfollowed = request.unfollowed(of: state?.followed ?? [], now: now)
    targets.unmatched.removeAll { request.names($0.selector, among: state?.followed ?? []) }
    return targets
  }

  /// Reads the levels, and waits for processes that are not ready to be switched: their handler is not there yet, or a
  /// signal is on its way to them.
  private func awaitReadiness(
    of targets: Targets, _ request: Request, _ observer: Observer, _ directory: StateDirectory?,
    _ snapshot: inout Snapshot, until end: Deadline
  ) -> [Observed?] {
    var pause = Pause()
    var observed = observer.observe(targets.processes, snapshot.state, now: environment.clock())
    while interruption() == nil {
      let open = targets.processes.indices.filter {
        observed[$0]?.instance.isToBeAwaited(for: request.verb) == true
      }
      if open.isEmpty || end.isOver(at: environment.clock()) { break }
      waiting(open.compactMap { observed[$0]?.instance })
      pause.next()
      // Whatever cannot be read here is reported by who writes it.
      if snapshot.damage == nil, let state = try? directory?.readState() {
        snapshot.state = state.current(boot(observer.reader.looks)).state
      }
      let again = observer.observe(
        open.map { targets.processes[$0] }, snapshot.state, now: environment.clock())
      for (index, value) in zip(open, again) { observed[index] = value }
    }
    return observed
  }

  private func plan(
    _ request: Request, _ targets: Targets, _ observed: [Observed?], _ state: LedgerState?
  ) -> Plan {
    let now = environment.clock()
    let instances = observed.compactMap { $0?.instance } + targets.unread
    var alive = Set(targets.census.unrecognised.keys)
    alive.formUnion(instances.map(\.identity))
    return Plan(
      for: request, instances: instances,
      // What another command has dropped meanwhile is dropped.
      entries: targets.entries.compactMap { state?[$0.identity] }.filter(\.debug), alive: alive,
      now: request.moment(now))
  }

  /// Waits until the first signal may be sent, or this program is asked to end.
  private func awaitMoment(of request: Request) {
    while interruption() == nil {
      let now = environment.clock()
      let rest = request.moment(now).boottime - now.boottime
      guard rest > .zero else { return }
      Pause.sleep(min(rest, .milliseconds(10)))
    }
  }

  // MARK: carrying out

  private func carryOut(
    _ request: Request, _ targets: Targets, _ snapshot: inout Snapshot, _ observer: Observer, _ looks: Looks,
    _ directory: StateDirectory, _ result: inout RunResult
  ) throws(Stop) {
    let end = Deadline(request.wait, after: environment.clock())
    var recorder = Recorder(
      directory: directory, boot: boot(looks), request: request, clock: environment.clock,
      damage: snapshot.damage)
    var plan: Plan
    repeat {
      let observed = awaitReadiness(of: targets, request, observer, directory, &snapshot, until: end)
      plan = self.plan(request, targets, observed, snapshot.state)
      if let signal = interruption() { throw .interrupted(signal: signal) }
    } while try !isRecorded(plan, targets, &snapshot, &recorder)
    result.restarted = recorder.restarted
    result.released = recorder.released
    awaitMoment(of: request)
    var deliveries = Deliveries(plan, resends: request.resends, isRecorded: recorder.isRecorded)
    let courier = Courier(
      looks: looks, observer: observer, clock: environment.clock, waiting: waiting, interruption: interruption
    )
    result.interruptedBy = courier.deliver(
      &deliveries, processes: targets.processes, state: recorder.state,
      wait: request.wait)
    result.outcomes = deliveries.outcomes(of: plan, isAll: request.selection.isAll)
    // History first: whatever comes of the rest, what was sent is written down.
    write(plan, deliveries.sent(intents: recorder.intents), to: &result)
    recorder.recordOutcomes(of: plan, deliveries, timeout: lockTimeout)
    result.unrecorded += recorder.problems
    snapshot.state = recorder.state
  }

  /// Records what is intended.
  ///
  /// - Returns: whether that was done: not where another command was quicker with one of the processes, so that what is
  ///   recorded of it now has to decide.
  private func isRecorded(
    _ plan: Plan, _ targets: Targets, _ snapshot: inout Snapshot, _ recorder: inout Recorder
  ) throws(Stop) -> Bool {
    do {
      let intended = try recorder.recordIntents(
        of: plan, basedOn: snapshot.state, ended: targets.entries.isEmpty ? targets.census.ended : [],
        unfollowing: targets.unfollowed, timeout: lockTimeout, isInterrupted: { interruption() != nil })
      guard case .stale(let state) = intended else { return true }
      snapshot.state = state
      return false
    } catch {
      // Whoever was asked to end while he waited for the lock says that, and not who held it.
      if case .busy = error, let signal = interruption() { throw .interrupted(signal: signal) }
      throw .ledger(error)
    }
  }

  private func write(_ plan: Plan, _ sent: [SentSwitch], to result: inout RunResult) {
    let history = History(path: environment.history, ownerID: environment.ownerID)
    let now = environment.clock()
    let entries =
      sent.map { HistoryEntry($0, request: plan.request, keeper: environment.keeper, now: now) }
      + plan.steps.compactMap { HistoryEntry($0, request: plan.request, now: now) }
    result.unrecorded += history.append(entries)
    // A signal is a line of the system log, and a deadline that was moved is none.
    let signals = entries.filter { $0.signal != nil }
    guard !signals.isEmpty else { return }
    let log = SystemLog()
    result.unlogged = signals.count { !log.write($0.systemLogLine, at: now.wall) }
  }

  // MARK: the state directory

  private func openDirectory(create: Bool) throws(Stop) -> StateDirectory? {
    do {
      return try environment.openStateDirectory(create: create)
    } catch { throw .ledger(error) }
  }

  private func snapshot(
    of directory: StateDirectory?, _ looks: Looks, _ request: Request
  ) throws(Stop) -> Snapshot {
    do {
      let state = try directory?.readState() ?? LedgerState(bootID: looks.bootID)
      return Snapshot(state: state.current(boot(looks)).state)
    } catch {
      // What the processes themselves show is enough to turn off what is on.
      guard request.verb == .off, error.isOfContent else { throw .ledger(error) }
      return Snapshot(state: nil, damage: error)
    }
  }

  /// Leaves word that something looks after deadlines.
  private func recordRevertRun(of bootID: String, in directory: StateDirectory) throws(Stop) {
    do {
      // The agent counts while it lives. Whoever comes beside it leaves word all the same, for the time after.
      if environment.keeper == .agent { return }
      try directory.writeLastRevertRun(
        RevertRun(bootID: bootID, clock: environment.clock(), by: environment.keeper))
    } catch {
      // A full disk must not keep anything from being taken back.
      guard case .unwritable = error else { throw .ledger(error) }
    }
  }
}

extension Instance {
  /// Whether waiting may make it ready for a request.
  fileprivate func isToBeAwaited(for verb: Request.Verb) -> Bool {
    switch underway {
    case .nothing: break
    case .pending, .queued: return !isStopped
    case .claimed, .unseen: return true
    }
    let mayCome = obstacle() == .noHandler(starting: true) || obstacle() == .freshCopy
    return mayCome && (verb == .on || verb == .toggle)
  }
}
