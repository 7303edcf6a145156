import Ledger
import TestSupport
import Testing
import Text

@testable import PlaceOS
@testable import Switching

@Suite("Plans: on, off and toggle")
struct PlanTests {
  static let latch = Handling(.latch, debug: false)
  static let dialects: [(Handling, SwitchSignal, SwitchSignal)] = [
    (Handling(.toggle), .usr1, .usr1), (Handling(.driver), .usr1, .usr1), (latch, .usr1, .usr2),
  ]

  @Test(
    "on and off send where the process is not there yet, and nothing where it is",
    arguments: Evidence.allCases)
  func idempotent(evidence: Evidence) {
    for (handling, on, off) in Self.dialects {
      func action(_ verb: Request.Verb, _ debug: Bool) -> Plan.Action {
        step(request(verb), instance(handling: handling, debug: debug, evidence: evidence)).action
      }
      #expect(action(.on, false) == .send(on, towards: true))
      #expect(action(.on, true) == .leave)
      #expect(action(.off, true) == .send(off, towards: false))
      #expect(action(.off, false) == .leave)
      // One alone is flipped.
      #expect(action(.toggle, false) == .send(on, towards: true))
      #expect(action(.toggle, true) == .send(off, towards: false))
    }
  }

  @Test(
    "toggle: if every one is in debug mode all leave it, otherwise the others enter it",
    arguments: [
      ([true], [false]), ([false], [true]), ([true, true], [false, false]), ([false, false], [true, true]),
      ([true, false], [nil, true]), ([false, true], [true, nil]), ([true, true, false], [nil, nil, true]),
      ([true, false, false], [nil, true, true]),
    ] as [([Bool], [Bool?])])
  func toggle(levels: [Bool], sends: [Bool?]) {
    let instances = levels.enumerated().map { instance(Int32($0.offset + 2), debug: $0.element) }
    #expect(steps(request(.toggle), instances).map(\.towards) == sends)
  }

  @Test("What cannot be switched, or is not known, has no say in where toggle goes")
  func toggleVoters() {
    let on = instance(2, debug: true)
    let off = instance(3, debug: false)
    let puma = instance(4, service: "auth", handling: .puma, debug: nil, evidence: .assumed)
    let edge = instance(
      5, service: "edge", handling: .without(.noHandler(starting: false)), evidence: .assumed)
    let unknown = instance(6, debug: nil, evidence: .ledger)
    let spent = instance(7, handling: Handling(.latch, obstacle: .latchSpent), debug: nil, evidence: .assumed)
    let others = [puma, edge, unknown, spent]
    let leaving = steps(request(.toggle), [on] + others)
    #expect(leaving.map(\.towards) == [false, nil, nil, nil, nil])
    #expect(leaving.dropFirst().allSatisfy { $0.action == .refuse })
    let entering = steps(request(.toggle), [off, on] + others)
    #expect(entering.map(\.towards) == [true, nil, nil, nil, nil, nil])
    #expect(entering.dropFirst(2).allSatisfy { $0.action == .refuse })
    // Nothing to go by: still refused, not left as if that had been asked.
    for alone in others { #expect(step(request(.toggle), alone).action == .refuse) }
  }

  @Test("A process that is still starting goes along with the others, or fails alone")
  func toggleStarting() {
    let starting = instance(5, handling: .without(.noHandler(starting: true)), evidence: .assumed)
    #expect(step(request(.toggle), starting).action == .fail)
    // The others leave debug mode, and this one is not in it.
    #expect(
      steps(request(.toggle), [instance(2, debug: true), starting]).map(\.action) == [
        .send(.usr1, towards: false), .leave,
      ])
    #expect(
      steps(request(.toggle), [instance(2, debug: false), starting]).map(\.action) == [
        .send(.usr1, towards: true), .fail,
      ])
  }

  static let obstacles: [Obstacle] = [
    .puma, .noHandler(starting: false), .noHandler(starting: true), .ignoresSignal, .latchSpent,
    .latchWithoutReturn,
    .unknownHandlers, .unproved,
  ]

  @Test(
    "Nothing is sent past an obstacle; it is the reason, where the process is not as asked",
    arguments: obstacles)
  func obstacle(obstacle: Obstacle) {
    let refusal: Plan.Action = obstacle == .noHandler(starting: true) ? .fail : .refuse
    for dialect in Dialect.allCases {
      for debug in [true, false, nil] {
        for verb in [Request.Verb.on, .off, .toggle] {
          let process = instance(handling: Handling(dialect, obstacle: obstacle), debug: debug)
          let planned = step(request(verb), process)
          let isThere = verb == .on ? debug == true : verb == .off ? debug == false : false
          #expect(planned.action == (isThere ? .leave : refusal), "\(verb) \(String(describing: debug))")
          if !isThere { #expect(planned.notes == [.obstacle(obstacle)]) }
        }
      }
    }
  }

  @Test("What only its name says is PlaceOS's is refused, unless its name is trusted")
  func unproved() {
    let unproved = instance(proof: nil)
    for verb in [Request.Verb.on, .toggle] {
      #expect(step(request(verb), unproved).action == .refuse)
      #expect(step(request(verb), unproved).notes == [.obstacle(.unproved)])
      #expect(step(request(verb, trustsNames: true), unproved).action == .send(.usr1, towards: true))
    }
    #expect(step(request(.off), unproved).action == .leave)
    #expect(step(request(.off), instance(debug: true, proof: nil)).notes == [.obstacle(.unproved)])
    #expect(step(request(.toggle), instance(debug: true, proof: nil)).notes == [.obstacle(.unproved)])
    // No trust in a name gets past what is in the way besides.
    let puma = instance(handling: .puma, debug: nil, proof: nil)
    #expect(step(request(.on, trustsNames: true), puma).notes == [.obstacle(.puma)])
    // What was switched with such trust can be taken back without.
    let record = entry(sent: sent(true, secondsAgo: 60, .confirmed))
    let ours = instance(debug: true, entry: record, proof: nil)
    #expect(step(request(.off), ours).action == .send(.usr1, towards: false))
    #expect(takeBack(record, ours)?.action == .send(.usr1, towards: false))
    // It has no say in where the others go.
    let mixed = steps(request(.toggle), [instance(2, debug: true), instance(3, debug: false, proof: nil)])
    #expect(mixed.map(\.action) == [.send(.usr1, towards: false), .refuse])
  }

  @Test("What is refused counts where it was named, and is only reported under --all")
  func refusedUnderAll() throws {
    let puma = instance(2, service: "auth", handling: .puma, debug: nil, evidence: .assumed)
    let starting = instance(3, handling: .without(.noHandler(starting: true)), evidence: .assumed)
    for verb in [Request.Verb.on, .off, .toggle] {
      for all in [false, true] {
        let plan = Plan(for: request(verb, all: all), instances: [puma], now: now)
        let outcome = try #require(plan.expectedOutcomes.first)
        #expect(outcome.kind == .refused)
        #expect(outcome.isAsAsked == all)
        #expect(outcome.after == nil)
      }
    }
    // What may work in a moment is not as asked, whoever asked.
    for all in [false, true] {
      let plan = Plan(for: request(.on, all: all), instances: [starting], now: now)
      #expect(plan.expectedOutcomes.map(\.kind) == [.failed])
      #expect(plan.expectedOutcomes.map(\.isAsAsked) == [false])
    }
  }

  @Test(
    "A signal that may yet be acted upon is never followed by another",
    arguments: [
      Underway.pending(isOwn: true), .pending(isOwn: false), .queued, .claimed(by: identity(99)),
      .unseen(age: .nanoseconds(1)), .unseen(age: 3600 * second),
    ])
  func underway(underway: Underway) {
    for debug in [true, false, nil] {
      let process = instance(debug: debug, entry: entry(debug: true), underway: underway)
      for verb in [Request.Verb.on, .off, .toggle] {
        let planned = step(request(verb), process)
        #expect(planned.action == .fail)
        #expect(planned.notes == [.underway(underway)])
        let stopped = step(request(verb), instance(debug: debug, isStopped: true, underway: underway))
        #expect(stopped.action == .fail)
        #expect(stopped.notes == [.stopped, .underway(underway)])
      }
      #expect(takeBack(process.entry!, process)?.action == .fail)
    }
  }

  @Test("A person may send on top of a signal that has not shown, and of no other")
  func resend() {
    var resend = request(.off)
    resend.resends = true
    let unseen = instance(
      debug: nil, evidence: .ledger, entry: entry(), underway: .unseen(age: 14 * second))
    #expect(step(resend, unseen).action == .send(.usr1, towards: false))
    for underway in [Underway.pending(isOwn: true), .queued, .claimed(by: identity(99))] {
      #expect(step(resend, instance(debug: nil, entry: entry(), underway: underway)).action == .fail)
    }
  }

  @Test("A log in which clients can write lines flips nothing by itself")
  func doubt() {
    func level(_ debug: Bool?, _ doubt: LevelReading.Doubt) -> LevelReading {
      LevelReading(debug: debug, evidence: .log, doubt: doubt)
    }
    let alone = instance(level: level(true, .logAlone))
    #expect(step(request(.off), alone).action == .refuse)
    #expect(step(request(.toggle), alone).action == .refuse)
    #expect(step(request(.on), alone).action == .leave)
    let against = instance(entry: entry(), level: level(nil, .logAgainstLedger(log: false)))
    for verb in [Request.Verb.on, .off, .toggle] { #expect(step(request(verb), against).action == .refuse) }
    #expect(takeBack(entry(), against)?.action == .refuse)
    let incomplete = instance(level: level(nil, .logIncomplete))
    #expect(step(request(.on), incomplete).notes == [.doubt(.logIncomplete)])
  }

  @Test("A stopped process gets no signal, and is left where it is already there")
  func stopped() {
    for (verb, debug) in [(Request.Verb.on, false), (.off, true), (.toggle, true), (.toggle, false)] {
      let planned = step(request(verb), instance(debug: debug, isStopped: true))
      #expect(planned.action == .refuse)
      #expect(planned.notes == [.stopped])
    }
    #expect(step(request(.on), instance(debug: true, isStopped: true)).action == .leave)
    #expect(step(request(.off), instance(debug: false, isStopped: true)).action == .leave)
    let puma = instance(handling: .puma, debug: nil, isStopped: true)
    #expect(step(request(.on), puma).notes == [.obstacle(.puma)])
  }

  @Test("--strict refuses what is only assumed, and nothing else", arguments: Evidence.allCases)
  func strict(evidence: Evidence) {
    for verb in [Request.Verb.on, .off, .toggle] {
      for debug in [true, false] {
        let process = instance(debug: debug, evidence: evidence)
        let strict = step(request(verb, strict: true), process)
        if evidence == .assumed {
          #expect(strict.action == .refuse)
          #expect(strict.notes == [.onlyAssumed])
        } else {
          #expect(strict == step(request(verb), process))
        }
      }
    }
  }

  @Test("Where the level is not known nothing is sent")
  func unknownLevel() {
    for verb in [Request.Verb.on, .off, .toggle] {
      for (handling, _, _) in Self.dialects {
        let planned = step(request(verb), instance(handling: handling, debug: nil, evidence: .ledger))
        #expect(planned.action == .refuse)
        #expect(planned.notes == [.levelUnknown])
      }
    }
  }

  @Test("Who is in debug mode through somebody else is left, and said to be so")
  func foreign() {
    let foreign = step(request(.on), instance(debug: true))
    #expect(foreign.notes == [.switchedOutside])
    #expect(foreign.deadline == nil)
    let again = step(request(.on), instance(debug: true, entry: entry(debug: false, deadline: nil)))
    #expect(again.notes == [.switchedOutside])
    #expect(step(request(.off), instance(debug: true)).action == .send(.usr1, towards: false))
  }

  @Test("An entry whose process was switched back by somebody else is dropped without a signal")
  func switchedBack() {
    let process = instance(debug: false, entry: entry(sent: sent(true, secondsAgo: 60, .confirmed)))
    let planned = step(request(.off), process)
    #expect(planned.action == .forget(processEnded: false))
    #expect(planned.notes == [.switchedBackOutside])
    // It was this tool that switched it back, and had gone before it saw that.
    let late = instance(debug: false, entry: entry(sent: sent(false, secondsAgo: 60)))
    #expect(step(request(.off), late).action == .forget(processEnded: false))
    #expect(step(request(.off), late).notes == [])
    #expect(takeBack(late.entry!, late)?.notes == [])
    #expect(step(request(.on), process).action == .send(.usr1, towards: true))
  }

  @Test("Switching on says what it costs")
  func notes() {
    func notes(_ instance: Instance) -> [Outcome.Note] { step(request(.on), instance).notes }
    for level in [LogLevel.info, .debug] { #expect(notes(instance(startLevel: level)) == []) }
    #expect(notes(instance(startLevel: nil)) == [])
    for level in [LogLevel.warn, .error, .trace, .notice, .none] {
      #expect(notes(instance(startLevel: level)) == [.comesBackTo(.info, startedAt: level)])
    }
    #expect(
      notes(instance(handling: Self.latch, startLevel: .warn)) == [
        .latchOnce, .comesBackTo(.info, startedAt: .warn),
      ])
    #expect(
      notes(instance(service: "driver", handling: Handling(.driver), startLevel: .error)) == [
        .moduleLoggersKeep
      ])
    #expect(step(request(.off), instance(debug: true, startLevel: .warn)).notes == [])
  }

  @Test("A plan that only looks changes nothing")
  func changesNothing() {
    func changes(_ request: Request, _ instance: Instance) -> Bool {
      !Plan(for: request, instances: [instance], now: now).changesNothing
    }
    #expect(changes(request(.on), instance(debug: false)))
    #expect(!changes(request(.on), instance(debug: true)))
    #expect(!changes(request(.off), instance(debug: false)))
    #expect(!changes(request(.on), instance(handling: .puma, debug: nil)))
    #expect(changes(request(.off), instance(debug: false, entry: entry())))
    #expect(changes(request(.on), instance(debug: true, entry: entry())))
    #expect(!changes(request(.on), instance(debug: true, entry: entry(deadline: boot + 9 * hour))))
    #expect(!changes(request(.on), instance(debug: true, entry: entry(deadline: nil))))
    #expect(Plan(for: request(.on), instances: [], now: now).changesNothing)
  }
}

extension Handling {
  static func without(_ obstacle: Obstacle) -> Handling { Handling(.none, obstacle: obstacle) }
}

extension Plan.Step {
  /// Whither a signal goes; `nil` where none does.
  var towards: Bool? { if case .send(_, let wanted) = action { wanted } else { nil } }
}
