import Executables
import Ledger
import PlaceOS
import Processes
import SystemPackage

/// The one way through the house: scan, recognise, read level, plan, record intent, signal, confirm, record
/// outcome. Every command is this line, or a prefix of it.
public struct Pipeline {
  /// Where things are, so that a test can have its own.
  public struct Machine: Sendable {
    public var table: any ProcessTable
    /// The folder that stands for `/`.
    public var root: FilePath
    public var stateDirectory: FilePath
    public var history: FilePath
    /// Whose the state directory must be.
    public var ownerID: UInt32
    public var clock: @Sendable () -> HostClock
    /// Who is to be recorded for a run of `revert --expired`.
    public var keeper: RevertKeeper

    public init(
      table: any ProcessTable = ProcpsTable(), root: FilePath = "/", stateDirectory: FilePath,
      history: FilePath, ownerID: UInt32 = 0, clock: @escaping @Sendable () -> HostClock = HostClock.now,
      keeper: RevertKeeper = .person
    ) {
      self.table = table
      self.root = root
      self.stateDirectory = stateDirectory
      self.history = history
      self.ownerID = ownerID
      self.clock = clock
      self.keeper = keeper
    }

    /// The state directory; `nil` where it is missing and not to be made.
    ///
    /// - Throws: as `StateDirectory.open`.
    public func openStateDirectory(create: Bool) throws(LedgerError) -> StateDirectory? {
      try StateDirectory.open(at: stateDirectory, create: create, ownerID: ownerID)
    }
  }

  /// What stops a command before it has done anything.
  public enum Stop: Error, Hashable, Sendable {
    case host(HostError)
    case ledger(LedgerError)
    case selector(SelectorError)
    /// A signal asked this program to end before anything was sent.
    case interrupted(signal: Int32)
  }

  public let machine: Machine
  public let catalogue: Catalogue
  /// Told, while it waits, which processes are still awaited.
  public var waiting: ([Instance]) -> Void = { _ in }

  /// Asked wherever nothing is half done: the signal that asks this program to end, if there is one.
  public var interruption: @Sendable () -> Int32? = { nil }

  /// How long another command may hold the lock, nanoseconds.
  public var lockTimeoutNs: Int64 = 10_000_000_000

  public init(machine: Machine, catalogue: Catalogue = .placeOS) {
    self.machine = machine
    self.catalogue = catalogue
  }

  // MARK: status

  /// What is there, and the level of each. Writes nothing but the symbol cache.
  public func status(_ selection: Selection) throws(Stop) -> StatusResult {
    let now = machine.clock()
    let directory = try openDirectory(create: false)
    var observer = try observer(directory)
    let state = try readState(directory, observer.bootID)
    var observation = try observe(&observer, state, now)
    keepSymbols(of: observer, in: directory)
    let (chosen, unmatched) = try resolve(
      selection, observation.instances.map(SelectionSubject.init), pids: observation.pids)
    observation.instances = chosen.sorted().map { observation.instances[$0] }
    return StatusResult(
      instances: observation.instances, unmatched: unmatched, restarted: observation.ended.filter(\.debug),
      unreadable: observation.unreadable, bootID: observer.bootID, now: now,
      keeper: keeper(directory, observer.bootID, now), followed: state.followed,
      awaited: selection.chosen(from: state.awaited(ended: observation.ended)),
      figures: state.entries.isEmpty ? nil : directory?.readFigures())
  }

  // MARK: toggle, on, off, revert

  /// Carries out a request, or plans it only (`isDryRun`).
  public func run(_ request: Request) throws(Stop) -> RunResult {
    let directory = try openDirectory(create: !request.isDryRun)
    var observer = try observer(directory)
    if request.verb == .revert, request.onlyExpired, !request.isDryRun, let directory {
      try leaveWord(of: observer.bootID, in: directory)
    }
    let targets = try targets(of: request, &observer, directory)
    var result = RunResult(
      request: request, outcomes: [], unmatched: targets.unmatched, restarted: [],
      unreadable: targets.unreadable, unrecorded: [], now: machine.clock(),
      keeper: keeper(directory, observer.bootID, machine.clock()))
    if !targets.identities.isEmpty || !targets.letGo.isEmpty {
      if !targets.areReady { awaitReadiness(of: targets.identities, request, &observer, directory) }
      if request.isDryRun || directory == nil {
        let state = targets.damage == nil ? try readState(directory, observer.bootID) : nil
        result.unrecorded += [targets.damage].compactMap { $0 }
        result.outcomes = try plan(request, targets, state, &observer).expectedOutcomes
      } else if let directory {
        try carryOut(request, targets, &observer, directory, &result)
      }
    }
    keepSymbols(of: observer, in: directory)
    result.now = machine.clock()
    return result
  }

  /// Whom a request is about: processes found by a scan or, for `revert`, in the ledger.
  private struct Targets {
    var identities: [ProcessIdentity] = []
    var unmatched: [Unmatched] = []
    var unreadable: [HostError] = []
    /// Why what is recorded cannot be read, where it goes without.
    var damage: LedgerError?
    /// Whether all processes were looked at, and with them what of the ledger has ended.
    var isOfScan = false
    /// Whether the scan saw that none of them has to be waited for.
    var areReady = false
    /// The services that are to be followed no longer, whether a process of theirs runs or not.
    var letGo: Set<ServicePlace> = []
  }

  private func targets(
    of request: Request, _ observer: inout Observer, _ directory: StateDirectory?
  ) throws(Stop) -> Targets {
    let now = machine.clock()
    var targets = Targets()
    var state: LedgerState?
    do {
      state = try readState(directory, observer.bootID)
    } catch .ledger(let error) where request.verb == .off && error.isOfContent {
      // What the processes themselves show is enough to turn off what is on.
      targets.damage = error
    }
    if request.verb == .revert, let state {
      let entries = state.entries.filter(\.debug)
      let (chosen, unmatched) = try resolve(
        request.selection, entries.map(SelectionSubject.init), pids: [])
      targets.identities = chosen.sorted().map { entries[$0].identity }
      targets.unmatched = unmatched
      if chosen.contains(where: {
        entries[$0].isDue(request, now: now) && !observer.canTell(entries[$0], now)
      }) {
        // Their logs may tell; who else writes to these shows only in a scan.
        targets.unreadable = try observe(&observer, state, now).unreadable
      }
    } else {
      let observation = try observe(&observer, state, now)
      let (chosen, unmatched) = try resolve(
        request.selection, observation.instances.map(SelectionSubject.init), pids: observation.pids)
      targets.identities = chosen.sorted().map { observation.instances[$0].identity }
      targets.unmatched = unmatched
      targets.unreadable = observation.unreadable
      targets.isOfScan = true
      targets.areReady = !chosen.contains {
        observation.instances[$0].isToBeAwaited(for: request.verb, now: now)
      }
    }
    targets.letGo = request.letGo(of: state?.followed ?? [], now: now)
    targets.unmatched.removeAll { request.names($0.selector, among: state?.followed ?? []) }
    return targets
  }

  /// Waits for processes that are not ready to be switched: their handler is not there yet, or a signal is on
  /// its way to them. Holds no lock meanwhile.
  private func awaitReadiness(
    of identities: [ProcessIdentity], _ request: Request, _ observer: inout Observer,
    _ directory: StateDirectory?
  ) {
    let startNs = machine.clock().boottimeNs
    var pause = Pause()
    while interruption() == nil {
      let now = machine.clock()
      // Whatever cannot be read here is reported by the plan, which reads it again.
      let state = (try? directory?.readState()) ?? nil
      let awaited = identities.compactMap { identity -> Instance? in
        guard let instance = try? observer.instance(identity, entry: state?[identity], now: now),
          instance.isToBeAwaited(for: request.verb, now: now)
        else { return nil }
        return instance
      }
      if awaited.isEmpty || now.boottimeNs - startNs >= request.waitNs { return }
      waiting(awaited)
      pause.next()
    }
  }

  private func plan(
    _ request: Request, _ targets: Targets, _ state: LedgerState?, _ observer: inout Observer
  ) throws(Stop) -> Plan {
    let now = machine.clock()
    var instances: [Instance] = []
    var alive: Set<ProcessIdentity> = []
    for identity in targets.identities {
      do {
        if let instance = try observer.instance(identity, entry: state?[identity], now: now) {
          instances.append(instance)
          alive.insert(identity)
        } else if try observer.isAlive(identity) {
          alive.insert(identity)
        }
      } catch {
        if !error.isProcessGone { throw .host(error) }
      }
    }
    return Plan(
      for: request, instances: instances,
      entries: request.verb == .revert ? targets.identities.compactMap { state?[$0] } : [],
      alive: alive, now: now)
  }

  private func carryOut(
    _ request: Request, _ targets: Targets, _ observer: inout Observer, _ directory: StateDirectory,
    _ result: inout RunResult
  ) throws(Stop) {
    do {
      let lock = try directory.lock(
        timeoutNs: lockTimeoutNs, isInterrupted: { interruption() != nil })
      var transaction = targets.damage == nil ? try lock.begin() : lock.beginDespiteDamage()
      let written = transaction.state ?? LedgerState(bootID: observer.bootID)
      var (state, _) = written.current(bootID: observer.bootID)
      let plan = try plan(request, targets, transaction.damage == nil ? state : nil, &observer)
      if let signal = interruption() { throw Stop.interrupted(signal: signal) }
      if targets.isOfScan {
        // Entries of processes that have ended since are over; what runs now is at its own level.
        for entry in state.entries where try !observer.isAlive(entry.identity) {
          state.remove(entry.identity)
          if entry.debug { result.restarted.append(entry) }
        }
      }
      let followed = state.followed
      state.followed = plan.followed(followed, lettingGo: targets.letGo, now: machine.clock())
      result.released = plan.released(from: followed, to: state.followed)
      let switcher = Switcher(
        request: request, clock: machine.clock, waiting: waiting, interruption: interruption)
      let done = try switcher.carryOut(
        plan, observer: &observer, pruned: state, transaction: &transaction)
      transaction.end()
      result.outcomes = done.outcomes
      if let error = done.unrecorded { result.unrecorded.append(error) }
      result.interruptedBy = done.interruptedBy
      write(done.sent, of: request, to: &result)
    } catch let stop as Stop {
      throw stop
    } catch let error as LedgerError {
      // Whoever was asked to end while he waited for the lock says that, and not who held it.
      if case .busy = error, let signal = interruption() { throw .interrupted(signal: signal) }
      throw .ledger(error)
    } catch let error as HostError {
      throw .host(error)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private func write(_ sent: [Switcher.SentSwitch], of request: Request, to result: inout RunResult) {
    let history = History(path: machine.history, ownerID: machine.ownerID)
    let now = machine.clock()
    for signal in sent {
      let entry = HistoryEntry(signal, request: request, now: now)
      SystemLog.write(entry.systemLogLine)
      do { try history.append(entry) } catch { result.unrecorded.append(error) }
    }
  }

  // MARK: the state directory

  private func openDirectory(create: Bool) throws(Stop) -> StateDirectory? {
    do {
      return try machine.openStateDirectory(create: create)
    } catch { throw .ledger(error) }
  }

  private func readState(_ directory: StateDirectory?, _ bootID: String) throws(Stop) -> LedgerState {
    do {
      let state = try directory?.readState() ?? LedgerState(bootID: bootID)
      return state.current(bootID: bootID).state
    } catch { throw .ledger(error) }
  }

  /// Leaves word that something looks after deadlines.
  private func leaveWord(of bootID: String, in directory: StateDirectory) throws(Stop) {
    do {
      // The agent counts while it lives, whoever else looks after deadlines beside it.
      if directory.hasAgent { return }
      try directory.writeLastRevertRun(
        RevertRun(bootID: bootID, clock: machine.clock(), by: machine.keeper))
    } catch { throw .ledger(error) }
  }

  /// The agent while it lives, or who has run `revert --expired` in this boot within the last three minutes.
  private func keeper(_ directory: StateDirectory?, _ bootID: String, _ now: HostClock) -> RevertKeeper? {
    if directory?.hasAgent == true { return .agent }
    // What cannot be read arms nothing: the warning that follows is right.
    guard let run = (try? directory?.readLastRevertRun()) ?? nil, run.bootID == bootID,
      now.boottimeNs - run.clock.boottimeNs < 180_000_000_000
    else { return nil }
    return run.by
  }

  // MARK: the host

  private func observer(_ directory: StateDirectory?) throws(Stop) -> Observer {
    let cache = directory?.readSymbols(limitBytes: SymbolCache.sizeLimitBytes)
    do {
      return try Observer(
        table: machine.table, catalogue: catalogue, root: machine.root,
        symbolCache: SymbolCache(parsing: cache ?? []))
    } catch { throw .host(error) }
  }

  private func observe(
    _ observer: inout Observer, _ state: LedgerState?, _ now: HostClock
  ) throws(Stop) -> Observation {
    observer.isLedgerKnown = state != nil
    do { return try observer.observe(state, now: now) } catch { throw .host(error) }
  }

  private func keepSymbols(of observer: Observer, in directory: StateDirectory?) {
    guard let directory else { return }
    let bytes = observer.symbolCache.encoded()
    guard bytes != directory.readSymbols(limitBytes: SymbolCache.sizeLimitBytes),
      !observer.symbolCache.entries.isEmpty
    else { return }
    // A cache that cannot be kept costs the next run some milliseconds.
    try? directory.writeSymbols(bytes)
  }

  private func resolve(
    _ selection: Selection, _ subjects: [SelectionSubject], pids: [Int32]
  ) throws(Stop) -> (Set<Int>, [Unmatched]) {
    do {
      let (chosen, unmatched) = try selection.resolve(subjects)
      return (chosen, unmatched.map { Unmatched($0, among: subjects, pids: pids) })
    } catch { throw .selector(error) }
  }
}

extension Instance {
  /// Whether waiting may make it ready for a request.
  fileprivate func isToBeAwaited(for verb: Request.Verb, now: HostClock) -> Bool {
    if isSignalPending { return !isStopped }
    if inFlightAgeNs(now: now) != nil { return true }
    return obstacle() == .noHandler(starting: true) && (verb == .on || verb == .toggle)
  }
}

extension Observer {
  /// Whether memory or signals tell the level of an entry's process; also where there is none any more.
  fileprivate mutating func canTell(_ entry: LedgerEntry, _ now: HostClock) -> Bool {
    guard let instance = try? instance(entry.identity, entry: entry, now: now) else { return true }
    return instance.level.evidence.isOfProcess
  }

  /// Whether the very process still lives.
  func isAlive(_ identity: ProcessIdentity) throws(HostError) -> Bool {
    guard identity.bootID == bootID else { return false }
    do {
      guard let process = try ProcessDirectory.open(pid: identity.pid, proc: table.proc) else {
        return false
      }
      let stat = try process.stat()
      return stat.startTicks == identity.startTicks && !stat.hasEnded
    } catch {
      if error.isProcessGone { return false }
      throw error
    }
  }
}
