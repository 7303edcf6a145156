import Ledger
import PlaceOS
import Processes
import Text

/// What a command will do, decided from observations alone: a pure function of its arguments.
///
/// `--dry-run` prints it; ``Pipeline`` carries it out.
public struct Plan: Hashable, Sendable {
  public enum Action: Hashable, Sendable {
    case send(SwitchSignal, towards: Bool)
    /// Nothing to send; the entry's deadline changes if `deadline` differs from it.
    case leave
    /// Nothing is sent, because of what the process is.
    case refuse
    /// Nothing is sent, because it cannot be done now.
    case fail
    /// Nothing is sent, and the entry is dropped: it no longer applies.
    case forget(processEnded: Bool)
  }

  public struct Step: Hashable, Sendable {
    public let target: Outcome.Target
    public let instance: Instance?
    public let action: Action
    public let before: Bool?
    public let evidence: Evidence
    /// The deadline that holds afterwards.
    public let deadline: Deadline?
    public let notes: [Outcome.Note]
  }

  public let request: Request
  public let steps: [Step]

  /// Plans what `request` asks for.
  ///
  /// - Parameters:
  ///   - instances: the selected processes; for `revert`, every recognised process.
  ///   - entries: only for `revert`: the selected entries of the ledger.
  ///   - alive: the identities, among the entries', whose process still lives.
  ///   - now: the moment of the decision.
  public init(
    for request: Request, instances: [Instance], entries: [LedgerEntry] = [],
    alive: Set<ProcessIdentity> = [], now: HostClock
  ) {
    self.request = request
    if request.verb == .revert {
      let byIdentity = Dictionary(
        instances.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
      steps = entries.filter { $0.isDue(request, now: now) }.map {
        Self.takeBack($0, byIdentity[$0.identity], isAlive: alive.contains($0.identity), request, now)
      }
    } else {
      let wanted = Self.direction(of: request, instances)
      steps = instances.map { Self.step($0, towards: wanted, request, now) }
    }
  }

  /// Whether anything would be sent or written.
  public var changesNothing: Bool {
    steps.allSatisfy { step in
      switch step.action {
      case .send, .forget: false
      case .leave: step.deadline == step.instance?.entry?.deadline
      case .refuse, .fail: true
      }
    }
  }

  /// `toggle`: if every switchable process is in debug mode, all leave it; otherwise the rest enter it.
  private static func direction(of request: Request, _ instances: [Instance]) -> Bool {
    if let direction = request.verb.direction { return direction }
    let levels = instances.filter { $0.obstacle(for: request) == nil }.compactMap(\.level.debug)
    // If none can be switched, none is as asked: with "out of debug mode" as the goal they would be, though
    // nothing was done.
    return levels.isEmpty || levels.contains(false)
  }

  private static func step(
    _ instance: Instance, towards wanted: Bool, _ request: Request, _ now: HostClock
  ) -> Step {
    func step(_ action: Action, deadline: Deadline? = nil, _ notes: [Outcome.Note] = []) -> Step {
      Step(
        target: Outcome.Target(instance), instance: instance, action: action,
        before: instance.level.debug, evidence: instance.level.evidence, deadline: deadline,
        notes: notes)
    }
    if let blocker = blocker(instance, request) { return step(blocker.action, blocker.notes) }
    let obstacle = instance.obstacle(for: request)
    let mayStillCome = obstacle == .noHandler(starting: true) || obstacle == .freshCopy
    // A process that cannot be flipped is not as asked, whichever way the others go; one still starting may
    // go with them.
    if request.verb == .toggle, let obstacle, !mayStillCome || instance.level.debug != false {
      return step(mayStillCome ? .fail : .refuse, instance.notes(on: obstacle))
    }
    if instance.level.debug == wanted {
      guard wanted else {
        // The ledger's entry no longer applies.
        guard let entry = instance.entry, entry.debug else { return step(.leave) }
        return step(.forget(processEnded: false), entry.notesOfReturn)
      }
      guard instance.isOurs, let entry = instance.entry else { return step(.leave, [.switchedOutside]) }
      let deadline =
        request.leavesDeadlines
        ? entry.deadline : request.deadline.moving(entry.deadline, now: now)
      guard deadline != entry.deadline else { return step(.leave, deadline: deadline) }
      return step(.leave, deadline: deadline, [deadline == nil ? .deadlineRemoved : .deadlineMoved])
    }
    if let obstacle { return step(mayStillCome ? .fail : .refuse, instance.notes(on: obstacle)) }
    if instance.isStopped { return step(.refuse, [.stopped]) }
    guard instance.level.debug != nil || request.resends,
      let signal = instance.handling.signal(towards: wanted)
    else {
      return step(.refuse, [.levelUnknown])
    }
    return step(
      .send(signal, towards: wanted), deadline: wanted ? request.deadline.starting(now) : nil,
      wanted ? notesOfSwitchingOn(instance) : [])
  }

  /// What keeps any signal from being sent now, whatever the level.
  private static func blocker(
    _ instance: Instance, _ request: Request
  ) -> (action: Action, notes: [Outcome.Note])? {
    if let failure = instance.failure { return (.fail, [.host(failure), .notSent]) }
    switch instance.underway {
    case .nothing: break
    // While another command runs, a person cannot declare its signal over.
    case .unseen where request.resends: break
    case let underway:
      return (.fail, (instance.isStopped ? [.stopped] : []) + [.underway(underway)])
    }
    // If it cannot be switched anyway, that is the reason to give, not what else is unknown about it.
    if let doubt = instance.level.doubt, !request.resends, instance.obstacle(for: request) == nil {
      switch doubt {
      // If it is already as asked nothing is sent, and nothing can go wrong.
      case .logAlone where instance.level.debug == request.verb.direction: break
      case .logAlone, .logAgainstLedger, .logIncomplete: return (.refuse, [.doubt(doubt)])
      case .signalUnseen: break
      }
    }
    if request.isStrict, instance.level.evidence == .assumed,
      [nil, .freshCopy].contains(instance.obstacle(for: request))
    {
      return (.refuse, [.onlyAssumed])
    }
    return nil
  }

  private static func takeBack(
    _ entry: LedgerEntry, _ instance: Instance?, isAlive: Bool, _ request: Request, _ now: HostClock
  ) -> Step {
    func step(_ action: Action, _ notes: [Outcome.Note]) -> Step {
      Step(
        target: Outcome.Target(entry), instance: instance, action: action,
        before: instance.map(\.level.debug) ?? nil, evidence: instance?.level.evidence ?? .ledger,
        deadline: nil, notes: notes)
    }
    guard let instance else {
      return isAlive
        ? step(.forget(processEnded: false), [.changedProgram])
        : step(.forget(processEnded: true), [.restarted])
    }
    if let blocker = blocker(instance, request) { return step(blocker.action, blocker.notes) }
    guard let debug = instance.level.debug ?? (request.resends ? true : nil) else {
      return step(.refuse, [.levelUnknown])
    }
    guard debug else { return step(.forget(processEnded: false), entry.notesOfReturn) }
    if let obstacle = instance.obstacle(for: request) { return step(.refuse, [.obstacle(obstacle)]) }
    if instance.isStopped { return step(.refuse, [.stopped]) }
    guard let signal = instance.handling.signal(towards: false) else {
      return step(.refuse, [.levelUnknown])
    }
    return step(.send(signal, towards: false), [])
  }

  private static func notesOfSwitchingOn(_ instance: Instance) -> [Outcome.Note] {
    var notes: [Outcome.Note] = []
    if instance.handling.dialect == .latch { notes.append(.latchOnce) }
    if instance.service.levelKind == .driver { notes.append(.moduleLoggersKeep) }
    if let level = instance.levelLostByReturning {
      notes.append(.comesBackTo(.afterReturn(of: instance.service.levelKind), startedAt: level))
    }
    return notes
  }
}

extension Instance {
  /// An obstacle and, if it is one because something may not be read, that as well.
  fileprivate func notes(on obstacle: Obstacle) -> [Outcome.Note] {
    guard obstacle == .unproved, let refusal = level.refusal, refusal.isForbidden else {
      return [.obstacle(obstacle)]
    }
    return [.obstacle(obstacle), .host(refusal)]
  }

  /// Why it cannot be switched by a request. What this tool has switched on, it may take back: whoever had it
  /// done trusted the name then.
  func obstacle(for request: Request) -> Obstacle? {
    obstacle(trustingName: request.trustsNames || entry?.debug == true)
  }

  /// The level it started with, if going back from debug mode ends at another one.
  ///
  /// A service that started at `debug` has its own namespaces at `debug` afterwards, so little is lost.
  public var levelLostByReturning: LogLevel? {
    guard service.kind == .service, handling.dialect == .toggle || handling.dialect == .latch,
      let startLevel, startLevel != .afterReturn(of: .service), startLevel != .debug
    else { return nil }
    return startLevel
  }
}

extension Request.Deadline {
  /// The deadline of a process switched on at `now`; `nil` for none.
  func starting(_ now: HostClock) -> BootTime? {
    switch self {
    case .unsaid(let span), .after(let span): now.boottime + span
    case .never: nil
    case .at(let moment): moment
    }
  }

  /// The deadline of a process that is already on. A default never shortens what somebody did ask for.
  func moving(_ existing: BootTime?, now: HostClock) -> BootTime? {
    guard case .unsaid(let span) = self else { return starting(now) }
    guard let existing else { return nil }
    return max(existing, now.boottime + span)
  }
}

extension LedgerEntry {
  /// What to say of a process that is out of debug mode, though this entry has it in: somebody else has
  /// switched it back, unless this tool did and did not see it in time.
  var notesOfReturn: [Outcome.Note] { lastSignal?.wanted == false ? [] : [.switchedBackOutside] }

  /// Whether a `revert` is about this entry.
  func isDue(_ request: Request, now: HostClock) -> Bool {
    guard debug else { return false }
    if request.onlyExpired, !deadline.isOver(at: now) { return false }
    if let olderThan = request.olderThan, now.age(of: since) <= olderThan { return false }
    return true
  }
}
