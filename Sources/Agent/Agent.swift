import Configuration
import Glibc
import Ledger
import Logging
import PlaceOS
import Processes
import Switching
import SystemPackage

/// The program in the background: it keeps deadlines to the moment, brings followed services back into debug mode
/// after a restart, and ends debug mode where it does harm.
///
/// It is one thread and one loop: it does what is due, then sleeps until the next moment, a new state file, the
/// end of a process, or a signal. What it does to processes and to the ledger goes through the pipeline and its
/// lock, as every command does; there is no other way. All it knows it knows from the ledger, so that it can end
/// at any moment, in any manner, and the next one takes up where it was.
public final class Agent {
  /// How the program puts what it says; the sentences are the Report target's.
  public struct Words: Sendable {
    public var outcome: @Sendable (Outcome) -> String?
    public var stop: @Sendable (Pipeline.Stop) -> String

    public init(
      outcome: @escaping @Sendable (Outcome) -> String?, stop: @escaping @Sendable (Pipeline.Stop) -> String
    ) {
      self.outcome = outcome
      self.stop = stop
    }
  }

  /// What an administrator decides.
  public struct Settings: Sendable {
    public var catalogue: Catalogue
    public var limits: GuardLimits

    public init(catalogue: Catalogue, limits: GuardLimits) {
      self.catalogue = catalogue
      self.limits = limits
    }
  }

  private(set) var pipeline: Pipeline
  let actor: LedgerEntry.Actor
  let words: Words
  let log: Logger
  private let readSettings: () -> Settings?
  private let manager: SystemdNotifier
  var agenda = Agenda()
  var watches: [ProcessIdentity: ProcessWatch] = [:]
  /// How many in debug mode are not watched, for want of descriptors.
  private var unwatched = 0
  /// Processes that have ended and are yet to be dropped from the ledger.
  var ended: Set<ProcessIdentity> = []
  var debugGuard: DebugGuard
  /// What stands in the way of everything: the lock is held, the ledger is damaged.
  private var trouble: (retry: Retry, sentence: String)?
  /// What was said last of each process: a thing is said once, until it changes.
  var said: [ProcessIdentity: String] = [:]
  private var stateProblem: LedgerError?
  private var status = ""
  private var nextSignOfLifeNs: Int64?

  /// - Parameters:
  ///   - machine: the one that commands have.
  ///   - actor: who is recorded for what the agent does by itself.
  ///   - settings: those to begin with.
  ///   - readSettings: reads them anew, after SIGHUP; `nil`: those that are in force stay so.
  ///   - environment: what the service manager left: `NOTIFY_SOCKET`, `WATCHDOG_USEC`.
  public init(
    machine: Pipeline.Machine, settings: Settings, actor: LedgerEntry.Actor, words: Words, log: Logger,
    environment: [String: String], readSettings: @escaping () -> Settings?
  ) {
    pipeline = Self.pipeline(machine, settings)
    self.actor = actor
    self.words = words
    self.log = log
    self.readSettings = readSettings
    manager = SystemdNotifier(environment: environment)
    debugGuard = DebugGuard(limits: settings.limits)
  }

  private static func pipeline(_ machine: Pipeline.Machine, _ settings: Settings) -> Pipeline {
    var pipeline = Pipeline(machine: machine, catalogue: settings.catalogue)
    // The loop tries again; it must not stand still while a command holds the lock, or for what does not answer.
    pipeline.lockTimeout = .milliseconds(50)
    pipeline.allowance = .milliseconds(50)
    return pipeline
  }

  /// Runs until SIGTERM or SIGINT.
  ///
  /// - Throws: `AgentError`; what is in debug mode stays so, and the ledger says so.
  public func run() throws(AgentError) {
    let directory = try openDirectory()
    let lock = try becomeAgent(of: directory)
    do throws(AgentError) {
      try keep(directory)
    } catch {
      lock.end()
      throw error
    }
    lock.end()
  }

  /// The loop.
  private func keep(_ directory: StateDirectory) throws(AgentError) {
    // Before the state is read: a change after that is not missed.
    let wakeups = try Wakeups(watching: directory.path)
    reload(directory)
    log.notice(
      "agent started",
      metadata: [
        "pid": "\(getpid())", "state": "\(directory.path)", "in_debug_mode": "\(agenda.entries.count)",
        "followed": "\(agenda.followed.count)",
      ])
    nextSignOfLifeNs = manager.watchdogNs.map { now + $0 }
    manager.notify("READY=1")
    while true {
      act(directory)
      tellStatus()
      let events = try wakeups.wait(
        untilBoottimeNs: nextNs, processes: watches.values.map(\.descriptor))
      for watch in watches.values where events.readable.contains(watch.descriptor) { noteEnd(of: watch) }
      if events.isDirectoryGone { throw .directoryGone(directory.path) }
      if events.hasNewState { reload(directory) }
      for signal in events.signals {
        if signal == SIGHUP {
          takeSettings()
          reload(directory)
        } else {
          manager.notify("STOPPING=1")
          log.notice("agent ends", metadata: ["signal": "\(signal)"])
          return
        }
      }
    }
  }

  private func takeSettings() {
    guard let settings = readSettings() else { return }
    pipeline = Self.pipeline(pipeline.machine, settings)
    debugGuard.limits = settings.limits
    log.notice("configuration read again")
  }

  var now: Int64 { pipeline.machine.clock().boottimeNs }

  // MARK: the loop

  /// Does all that is due.
  private func act(_ directory: StateDirectory) {
    if (trouble?.retry.nextNs ?? 0) <= now {
      do throws(Pipeline.Stop) {
        try dropEnded(directory)
        try revertExpired(directory)
        try lookAtHarm(directory)
        try followRestarts(directory)
        if trouble != nil { log.notice("trouble is over") }
        trouble = nil
      } catch {
        note(error)
      }
    }
    if let next = nextSignOfLifeNs, next <= now, let watchdogNs = manager.watchdogNs {
      manager.notify("WATCHDOG=1")
      nextSignOfLifeNs = now + watchdogNs
    }
  }

  /// When there is something to do again; `nil`: not before something happens.
  private var nextNs: Int64? {
    let own = [agenda.nextNs, debugGuard.nextNs, ended.isEmpty ? nil : 0].compactMap { $0 }.min()
    let due = own.map { max($0, trouble?.retry.nextNs ?? 0) }
    return [due, nextSignOfLifeNs].compactMap { $0 }.min()
  }

  /// Something stopped the pipeline; everything is tried again, soon and then ever more seldom.
  private func note(_ stop: Pipeline.Stop) {
    let sentence = words.stop(stop)
    var retry = trouble?.retry ?? Retry()
    retry.fail(now: now)
    // Who holds the lock gives it back in a moment, and nothing is wrong with that.
    if case .ledger(.busy) = stop { retry = Retry(busyAt: now) }
    if trouble?.sentence != sentence {
      log.warning("nothing could be done; it is tried again", metadata: ["error": "\(sentence)"])
    }
    trouble = (retry, sentence)
  }

  /// Carries out a request, and reads what the ledger says afterwards.
  func run(_ request: Request, _ directory: StateDirectory) throws(Pipeline.Stop) -> RunResult {
    defer { reload(directory) }
    let result = try pipeline.run(request)
    for error in result.unrecorded {
      log.error("not recorded", metadata: ["error": "\(words.stop(.ledger(error)))"])
    }
    return result
  }

  // MARK: the ledger

  private func openDirectory() throws(AgentError) -> StateDirectory {
    let machine = pipeline.machine
    do {
      if let directory = try machine.openStateDirectory(create: true) { return directory }
    } catch {
      throw .ledger(error)
    }
    throw .directoryGone(machine.stateDirectory)
  }

  private func becomeAgent(of directory: StateDirectory) throws(AgentError) -> AgentLock {
    do {
      return try directory.becomeAgent()
    } catch {
      if case .busy(_, let holder) = error {
        throw .second(stateDirectory: directory.path, holderPID: holder)
      }
      throw .ledger(error)
    }
  }

  /// Takes over what the ledger says. A ledger that cannot be read changes nothing: what was known is kept, and
  /// the pipeline will say the same of it when it is time for something.
  private func reload(_ directory: StateDirectory) {
    let state: LedgerState
    do {
      let bootID = try pipeline.machine.table.bootID()
      state = (try directory.readState() ?? LedgerState(bootID: bootID)).current(bootID: bootID).state
      stateProblem = nil
    } catch let error as LedgerError {
      if error != stateProblem {
        log.error("the ledger cannot be read", metadata: ["error": "\(words.stop(.ledger(error)))"])
      }
      stateProblem = error
      return
    } catch {
      log.error("the boot id cannot be read", metadata: ["error": "\(error)"])
      return
    }
    let entries = state.entries.filter(\.debug)
    let known = Set(entries.map(\.identity))
    // A command may have dropped the entry of a process that has just ended, before its end was noticed here.
    for watch in watches.values where !known.contains(watch.identity) && watch.hasEnded {
      agenda.noteEnd(of: watch.place, now: now)
    }
    watches = watches.filter { known.contains($0.key) }
    ended.formIntersection(known)
    said = said.filter { known.contains($0.key) }
    agenda.take(state, now: now)
    let unwatched = entries.filter { watches[$0.identity] == nil && !ended.contains($0.identity) }
    let room = max(0, ProcessWatch.limit(descriptors: DescriptorLimit.soft) - watches.count)
    for entry in unwatched.prefix(room) { watch(entry) }
    tellUnwatched(max(0, unwatched.count - room))
    debugGuard.plan(isNeeded: !watches.isEmpty, now: now)
  }

  /// Says, when it becomes so, that there are more processes than can be watched.
  private func tellUnwatched(_ count: Int) {
    if count > 0 && unwatched == 0 {
      log.warning(
        "too few descriptors to watch every process; each deadline is kept, the guard sees the others only",
        metadata: [
          "watched": "\(watches.count)", "unwatched": "\(count)", "limit": "\(DescriptorLimit.soft)",
        ])
    }
    unwatched = count
  }

  private func watch(_ entry: LedgerEntry) {
    do {
      let machine = pipeline.machine
      guard let watch = try ProcessWatch(entry, proc: machine.table.proc) else {
        agenda.noteEnd(of: entry.place, now: now)
        ended.insert(entry.identity)
        return
      }
      watches[entry.identity] = watch
      debugGuard.hurry(now: now)
    } catch {
      // Its deadline is kept all the same; its end is noticed by the command that comes next.
      log.warning(
        "a process cannot be watched",
        metadata: Self.metadata(of: entry).merging(["error": "\(error)"]) { $1 })
    }
  }

  private func noteEnd(of watch: ProcessWatch) {
    agenda.noteEnd(of: watch.place, now: now)
    ended.insert(watch.identity)
    watches[watch.identity] = nil
    debugGuard.plan(isNeeded: !watches.isEmpty, now: now)
  }

  private func tellStatus() {
    let missing = agenda.searches.count
    let status =
      "\(watches.count) in debug mode, \(agenda.followed.count) followed"
      + (missing > 0 ? ", \(missing) of them awaited" : "")
    if status != self.status { manager.notify("STATUS=\(status)") }
    self.status = status
  }
}

extension Retry {
  /// In a moment, however often that has been so.
  fileprivate init(busyAt now: Int64) {
    self.init()
    fail(now: now - 230_000_000)
  }
}
