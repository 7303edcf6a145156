import Configuration
import Glibc
import Ledger
import Logging
import PlaceOS
import Processes
import Switching
import SystemPackage
import Text

/// The background program: it keeps deadlines to the moment, switches followed services back into debug mode
/// after a restart, and ends debug mode where it does harm.
///
/// It is one thread and one loop: it does what is due, then sleeps until the next moment, a new state file,
/// the end of a process, or a signal. What it does to processes and to the ledger goes through the pipeline
/// and its lock, as with every command; there is no other way. All it knows comes from the ledger, so it can
/// end at any moment, in any way, and the next one continues where it was.
public final class Agent {
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
  let log: Logger
  private let readSettings: () -> Settings?
  private let manager: SystemdNotifier
  var agenda = Agenda()
  var watches: [ProcessIdentity: ProcessWatch] = [:]
  /// How many in debug mode are not watched, for lack of descriptors.
  private var unwatched = 0
  /// Processes that have ended and are yet to be dropped from the ledger.
  var ended: Set<ProcessIdentity> = []
  var debugGuard: DebugGuard
  /// What blocks everything: the lock is held, the ledger is damaged.
  private var trouble: (retry: Retry, sentence: String)?
  /// What was last said of each process: a thing is said once, until it changes.
  var said: [ProcessIdentity: String] = [:]
  private var stateProblem: LedgerError?
  /// Processes that are recorded under another boot id.
  var ignored: Set<ProcessIdentity> = []
  /// See ``SeenBoot/otherIDs``: a process that proves one may have ended when its entry is read.
  private var otherBootIDs: Set<String> = []
  private var status = ""
  private var nextSignOfLife: BootTime?

  /// - Parameters:
  ///   - environment: the same as for commands.
  ///   - actor: who is recorded for what the agent does by itself.
  ///   - settings: those to begin with.
  ///   - readSettings: reads them again, after SIGHUP; `nil`: the present ones stay.
  ///   - variables: what the service manager left: `NOTIFY_SOCKET`, `WATCHDOG_USEC`.
  public init(
    environment: Pipeline.Environment, settings: Settings, actor: LedgerEntry.Actor, log: Logger,
    variables: [String: String], readSettings: @escaping () -> Settings?
  ) {
    pipeline = Self.pipeline(environment, settings)
    self.actor = actor
    self.log = log
    self.readSettings = readSettings
    manager = SystemdNotifier(environment: variables)
    debugGuard = DebugGuard(limits: settings.limits)
  }

  private static func pipeline(_ environment: Pipeline.Environment, _ settings: Settings) -> Pipeline {
    var pipeline = Pipeline(environment: environment, catalogue: settings.catalogue)
    // The loop retries; it must not stand still while a command holds the lock, or for something that hangs.
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
    nextSignOfLife = manager.watchdog.map { now + $0 }
    manager.notify("READY=1")
    while true {
      act(directory)
      tellStatus()
      let events = try wakeups.wait(
        until: next, processes: watches.values.map(\.descriptor))
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
    pipeline = Self.pipeline(pipeline.environment, settings)
    debugGuard.limits = settings.limits
    log.notice("configuration read again")
  }

  var now: BootTime { pipeline.environment.clock().boottime }

  // MARK: the loop

  /// Does everything that is due.
  private func act(_ directory: StateDirectory) {
    if (trouble?.retry.next ?? .distantPast) <= now {
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
    if let next = nextSignOfLife, next <= now, let watchdog = manager.watchdog {
      manager.notify("WATCHDOG=1")
      nextSignOfLife = now + watchdog
    }
  }

  /// When there is something to do again; `nil`: only after an event.
  private var next: BootTime? {
    let own = [agenda.next, debugGuard.next, ended.isEmpty ? nil : .distantPast].compactMap { $0 }.min()
    let due = own.map { max($0, trouble?.retry.next ?? .distantPast) }
    return [due, nextSignOfLife].compactMap { $0 }.min()
  }

  /// Something stopped the pipeline; everything is retried, soon and then ever less often.
  private func note(_ stop: Pipeline.Stop) {
    let sentence = stop.sentence
    var retry = trouble?.retry ?? Retry()
    retry.fail(now: now)
    // Whoever holds the lock releases it in a moment; that is normal.
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
      log.error("not recorded", metadata: ["error": "\(error.sentence)"])
    }
    return result
  }

  // MARK: the ledger

  private func openDirectory() throws(AgentError) -> StateDirectory {
    let environment = pipeline.environment
    do {
      if let directory = try environment.openStateDirectory(create: true) { return directory }
    } catch {
      throw .ledger(error)
    }
    throw .directoryGone(environment.stateDirectory)
  }

  private func becomeAgent(of directory: StateDirectory) throws(AgentError) -> AgentLock {
    do {
      // Without one nothing is kept: the loop says so.
      return try directory.becomeAgent(bootID: (try? pipeline.environment.table.bootID()) ?? "-")
    } catch {
      if case .busy(_, let holder) = error {
        throw .second(stateDirectory: directory.path, holderPID: holder)
      }
      throw .ledger(error)
    }
  }

  /// Takes over what the ledger says. A ledger that cannot be read changes nothing: what was known is kept,
  /// and the pipeline will say the same of it when something is due.
  private func reload(_ directory: StateDirectory) {
    let state: LedgerState
    do {
      let (table, clock) = (pipeline.environment.table, pipeline.environment.clock())
      let boot = table.boot(try table.bootID(), otherBootIDs, clock: clock)
      let written = try directory.readState() ?? LedgerState(bootID: boot.id)
      otherBootIDs = written.otherIDs(of: boot)
      let (current, ignored) = written.current(boot)
      state = current
      stateProblem = nil
      tellIgnored(current.elsewhere, ignored, boot)
      if current.hasTakenOver(from: written) { takeOver(directory, boot) }
    } catch let error as LedgerError {
      if error != stateProblem {
        log.error("the ledger cannot be read", metadata: ["error": "\(error.sentence)"])
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

  /// Says when there are first more processes than can be watched.
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
      let environment = pipeline.environment
      guard let watch = try ProcessWatch(entry, proc: environment.table.proc) else {
        agenda.noteEnd(of: entry.place, now: now)
        ended.insert(entry.identity)
        return
      }
      watches[entry.identity] = watch
      debugGuard.hurry(now: now)
    } catch {
      // Its deadline is kept all the same; the next command notices its end.
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
