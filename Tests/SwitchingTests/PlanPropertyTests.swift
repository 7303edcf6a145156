import Ledger
import Processes
import TestSupport
import Testing
import Text

@testable import PlaceOS
@testable import Switching

@Suite("What no plan ever does")
struct PlanPropertyTests {
  private static let ages: [Duration] =
    [.zero, .nanoseconds(1)] + [1, 9, 10, 60, 3600].map(Duration.seconds)

  /// Any state of affairs, likely or not.
  private static func instances(_ dice: inout Dice) -> [Instance] {
    (0..<Int.random(in: 0...6, using: &dice)).map { index in
      let pid = Int32(index + 2)
      let handling = Handling(
        dice.pick(Dialect.allCases), debug: dice.pick([true, false, nil]),
        obstacle: dice.chance(70) ? nil : dice.pick(PlanTests.obstacles), isMomentary: dice.chance(10))
      var record: LedgerEntry?
      if dice.chance(50) {
        let signal = LedgerEntry.SentSignal(
          signal: dice.pick(["USR1", "USR2"]), wanted: dice.chance(50),
          at: now.boottime - dice.pick(Self.ages),
          progress: dice.pick(LedgerEntry.SentSignal.Progress.allCases))
        record = entry(
          pid, debug: dice.chance(70),
          deadline: dice.chance(20) ? nil : boot + dice.pick([0, 2, 3, 4]) * hour,
          since: boot + dice.pick([0, 1, 3]) * hour, sent: dice.chance(80) ? signal : nil)
      }
      return instance(
        pid, service: dice.pick(["api", "core", "driver", "auth"]), handling: handling,
        debug: dice.pick([true, true, false, false, nil]), evidence: dice.pick(Evidence.allCases),
        entry: record,
        isStopped: dice.chance(10),
        underway: dice.chance(70)
          ? .nothing
          : dice.pick([
            .pending(isOwn: dice.chance(50)), .queued, .claimed(by: identity(77)),
            .unseen(age: hour),
          ]),
        startLevel: dice.pick(LogLevel.allCases),
        proof: dice.chance(80) ? dice.pick([.symbols, .image]) : nil)
    }
  }

  private static func request(_ dice: inout Dice) -> Request {
    SwitchingTests.request(
      dice.pick([.toggle, .on, .off, .revert]), all: dice.chance(30),
      deadline: dice.pick([.standard, .never, .after(.nanoseconds(1)), .after(24 * hour)]),
      strict: dice.chance(30),
      onlyExpired: dice.chance(30), olderThan: dice.pick([nil, nil, .zero, hour]),
      trustsNames: dice.chance(20))
  }

  @Test("Over thousands of random states no signal goes where none may go", arguments: 0..<8)
  func random(seed: UInt64) {
    var dice = Dice(state: seed &* 77 &+ 5)
    var sends = 0
    for round in 0..<2500 {
      let instances = Self.instances(&dice)
      let request = Self.request(&dice)
      var entries = instances.compactMap(\.entry)
      // And entries of processes that are gone, or are something else by now.
      if dice.chance(50) { entries.append(entry(99, debug: dice.chance(70), deadline: 0)) }
      var alive = Set(instances.map(\.identity))
      if dice.chance(50) { alive.insert(identity(99)) }
      let plan = Plan(
        for: request, instances: instances, entries: request.verb == .revert ? entries : [], alive: alive,
        now: now)
      sends += plan.steps.count { $0.towards != nil }
      for flaw in Self.flaws(plan) { Issue.record("seed \(seed), round \(round): \(flaw)") }
    }
    // It would be no proof if nothing were ever sent.
    #expect(sends > 500)
  }

  private static func flaws(_ plan: Plan) -> [String] {
    var flaws: [String] = []
    var signalled: Set<ProcessIdentity> = []
    for step in plan.steps {
      guard case .send(let signal, let wanted) = step.action else { continue }
      guard let instance = step.instance else {
        flaws.append("a signal to what was not seen")
        continue
      }
      func check(_ isRight: Bool, _ flaw: String) { if !isRight { flaws.append("\(flaw): \(instance)") } }
      check(instance.identity == step.target.identity, "another process than the target")
      check(signalled.insert(instance.identity).inserted, "two signals to one process")
      check(instance.handling.obstacle == nil, "past an obstacle")
      check(
        instance.proof != nil || plan.request.trustsNames || instance.entry?.debug == true, "unproved")
      check(instance.handling.dialect != .none, "no dialect")
      check(signal == .usr1 || (instance.handling.dialect == .latch && !wanted), "USR2")
      check(signal == .usr2 || instance.handling.dialect != .latch || wanted, "a latch's way back")
      check(instance.level.debug == !wanted, "there already, or not known")
      check(!instance.isStopped, "not ready")
      check(instance.underway == .nothing, "on top of one that may yet be acted on")
      check(!plan.request.isStrict || instance.level.evidence != .assumed, "only assumed")
      switch plan.request.verb {
      case .on: check(wanted, "on that switches off")
      case .off: check(!wanted, "off that switches on")
      case .revert: check(!wanted && instance.entry?.debug == true, "taking back what was not switched")
      case .toggle: break
      }
    }
    if Set(plan.steps.compactMap(\.towards)).count > 1 { flaws.append("some on and some off at once") }
    if plan.changesNothing, !signalled.isEmpty { flaws.append("a signal is a change") }
    return flaws
  }

  @Test("on and off are done: planned again after what they did, they send nothing", arguments: 0..<4)
  func idempotent(seed: UInt64) {
    var dice = Dice(state: seed &+ 1000)
    for _ in 0..<1000 {
      let wanted = dice.chance(50)
      let first = steps(SwitchingTests.request(wanted ? .on : .off), Self.instances(&dice))
      let after = first.compactMap { step -> Instance? in
        guard let before = step.instance else { return nil }
        return instance(
          before.identity.pid, service: before.service.name, handling: before.handling,
          debug: step.towards ?? before.level.debug, evidence: before.level.evidence)
      }
      let again = steps(SwitchingTests.request(wanted ? .on : .off), after)
      for (one, two) in zip(first, again) where one.towards != nil { #expect(two.action == .leave) }
    }
  }
}
