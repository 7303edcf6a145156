import Ledger
import PlaceOS
import Processes

/// The signals of one plan, by the plan's steps.
struct Deliveries {
  private(set) var all: [(index: Int, delivery: Delivery)]

  init(_ plan: Plan, resends: Bool) {
    all = plan.steps.enumerated().compactMap { index, step in
      Delivery(step, resends: resends).map { (index, $0) }
    }
  }

  mutating func update(_ number: Int, _ change: (inout Delivery) -> Void) { change(&all[number].delivery) }

  /// What came of each step, in the plan's order.
  func outcomes(of plan: Plan, isAll: Bool) -> [Outcome] {
    var settled: [Int: Outcome] = [:]
    for (index, delivery) in all {
      if case .settled(let outcome, _) = delivery.progress { settled[index] = outcome }
    }
    return plan.steps.indices.map { settled[$0] ?? plan.steps[$0].settledOutcome(isAll: isAll) }
  }
}

/// Sends signals, and watches until the processes have acted on them.
struct Courier {
  let looks: Looks
  let observer: Observer
  let clock: @Sendable () -> HostClock
  /// Told, now and then, which processes are still awaited.
  let waiting: ([Instance]) -> Void
  /// The signal that asks this program to end, if there is one: then nothing more is sent.
  let interruption: () -> Int32?

  /// How many processes are checked once more at a time before they get their signals: what was seen is to be fresh.
  private static let checkedTogether = 64

  /// What is still waited for an answer where this program is asked to end; 23 ms was the longest seen of a process
  /// that was ready.
  private static let graceNs: Int64 = 100_000_000

  /// - Parameter state: what is recorded, this plan's intents included.
  /// - Returns: the signal that kept the rest from being sent, or from being waited for.
  func deliver(
    _ deliveries: inout Deliveries, processes: [RecognisedProcess], state: LedgerState?, waitNs: Int64
  ) -> Int32? {
    let known = Dictionary(processes.map { ($0.identity, $0) }) { first, _ in first }
    var interruptedBy: Int32?
    let count = deliveries.all.count
    for start in stride(from: 0, to: count, by: looks.limitHeld) {
      looks.startPart()
      let part = start..<min(start + looks.limitHeld, count)
      for first in stride(from: part.lowerBound, to: part.upperBound, by: Self.checkedTogether) {
        let few = first..<min(first + Self.checkedTogether, part.upperBound)
        if interruptedBy == nil {
          interruptedBy = send(few, of: &deliveries, known, state)
        } else {
          for number in few { deliveries.update(number) { $0.giveUp() } }
        }
      }
      interruptedBy = confirm(part, of: &deliveries, known, state, waitNs) ?? interruptedBy
    }
    return interruptedBy
  }

  private func send(
    _ numbers: Range<Int>, of deliveries: inout Deliveries, _ known: [ProcessIdentity: RecognisedProcess],
    _ state: LedgerState?
  ) -> Int32? {
    let now = clock()
    let gapNs = numbers.map { deliveries.all[$0].delivery.gapNs(now: now) }.max() ?? 0
    if gapNs > 0 { Pause.sleep(ns: gapNs) }
    let targets = numbers.map { deliveries.all[$0].delivery.instance.identity }
    let seen = see(targets, known, state, wantsPipes: true)
    var interruptedBy: Int32?
    for (number, identity) in zip(numbers, targets) {
      interruptedBy = interruptedBy ?? interruption()
      guard interruptedBy == nil else {
        deliveries.update(number) { $0.giveUp() }
        continue
      }
      let held = (try? looks.hold(identity)) ?? nil
      let now = clock()
      deliveries.update(number) { delivery in
        delivery.send(
          after: seen[identity].map { $0.map { $0.map { ($0.reading, $0.level, $0.underway) } } }
            ?? .success(nil), to: held, now: now)
      }
    }
    return interruptedBy
  }

  /// Watches until every process that got a signal has acted on it, or the time for it is over, or a signal asks
  /// this program to end, which is returned then.
  private func confirm(
    _ numbers: Range<Int>, of deliveries: inout Deliveries, _ known: [ProcessIdentity: RecognisedProcess],
    _ state: LedgerState?, _ waitNs: Int64
  ) -> Int32? {
    var endNs = clock().boottimeNs + waitNs
    var signal: Int32?
    var pause = Pause()
    var looksTaken = 0
    while true {
      let open = numbers.filter { deliveries.all[$0].delivery.isOpen }
      if open.isEmpty { return signal }
      waiting(open.map { deliveries.all[$0].delivery.instance })
      pause.next()
      if signal == nil, let received = interruption() {
        signal = received
        endNs = min(endNs, clock().boottimeNs + Self.graceNs)
      }
      let isLast = clock().boottimeNs >= endNs
      looksTaken += 1
      let targets = open.map { deliveries.all[$0].delivery.instance.identity }
      // Most have acted by the second look: only then is it of interest where the signal is.
      let seen = see(targets, known, state, wantsPipes: looksTaken > 1)
      for (number, identity) in zip(open, targets) {
        let result = seen[identity].map { $0.map { $0.map { ($0.reading, $0.level) } } } ?? .success(nil)
        deliveries.update(number) { $0.watch(result, isLast: isLast) }
      }
    }
  }

  private struct Seen {
    let reading: Reading
    let level: LevelReading
    let underway: Underway
  }

  private func see(
    _ identities: [ProcessIdentity], _ known: [ProcessIdentity: RecognisedProcess], _ state: LedgerState?,
    wantsPipes: Bool
  ) -> [ProcessIdentity: Result<Seen?, HostError>] {
    let processes = identities.compactMap { known[$0] }
    let observed = observer.observe(processes, state, wantsPipes: wantsPipes, now: clock())
    var seen: [ProcessIdentity: Result<Seen?, HostError>] = [:]
    for (process, value) in zip(processes, observed) {
      guard let value else {
        seen[process.identity] = .success(nil)
        continue
      }
      if let reading = value.reading {
        seen[process.identity] = .success(
          Seen(reading: reading, level: value.instance.level, underway: value.instance.underway))
      } else if let failure = value.instance.failure {
        seen[process.identity] = .failure(failure)
      }
    }
    return seen
  }
}

extension Plan.Step {
  /// The outcome of a step that sends nothing.
  func settledOutcome(isAll: Bool) -> Outcome {
    switch action {
    case .send(_, let wanted):
      // What `--dry-run` shows: where it would lead.
      outcome(.wouldSwitch, notes, after: wanted, isAsAsked: true)
    case .leave: outcome(.unchanged, notes, after: before, isAsAsked: true)
    // Under `--all` what cannot be switched is only reported; a stopped process can, once it goes on.
    case .refuse: outcome(.refused, notes, isAsAsked: isAll && notes.allSatisfy(\.isOfKind))
    case .fail: outcome(.failed, notes, isAsAsked: false)
    case .forget(processEnded: true): outcome(.vanished, notes, isAsAsked: true)
    case .forget(processEnded: false): outcome(.unchanged, notes, after: before, isAsAsked: true)
    }
  }
}

extension Outcome.Note {
  /// Whether it is a reason that lies in what the process is, and not in how it is just now.
  fileprivate var isOfKind: Bool {
    switch self {
    case .stopped, .doubt: false
    default: true
    }
  }
}

extension Plan {
  /// What would come of it, if nothing changed meanwhile.
  var expectedOutcomes: [Outcome] { steps.map { $0.settledOutcome(isAll: request.selection.isAll) } }
}
