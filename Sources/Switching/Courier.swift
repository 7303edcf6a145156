import Ledger
import PlaceOS
import Processes

/// The signals of one plan, by the plan's steps.
struct Deliveries {
  private(set) var all: [(index: Int, delivery: Delivery)]

  init(_ plan: Plan, resends: Bool, isRecorded: Bool) {
    all = plan.steps.enumerated().compactMap { index, step in
      Delivery(step, resends: resends, isRecorded: isRecorded).map { (index, $0) }
    }
  }

  mutating func update(_ number: Int, _ change: (inout Delivery) -> Void) { change(&all[number].delivery) }

  /// The outcome of each step, in the plan's order.
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
  /// Called now and then with the processes that are still awaited.
  let waiting: ([Instance]) -> Void
  /// The signal that asks this program to end, if any: then nothing more is sent.
  let interruption: () -> Int32?

  /// How many processes get their last check at a time before they are signalled: the check must be fresh.
  private static let checkedTogether = 64

  /// How long answers are still awaited when this program is asked to end; 23 ms was the longest seen of a
  /// process that was ready.
  private static let grace: Duration = .milliseconds(100)

  /// - Parameter state: the recorded state, this plan's intents included.
  /// - Returns: the signal that kept the rest from being sent, or awaited.
  func deliver(
    _ deliveries: inout Deliveries, processes: [RecognisedProcess], state: LedgerState?, wait: Duration
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
      interruptedBy = confirm(part, of: &deliveries, known, state, wait) ?? interruptedBy
    }
    return interruptedBy
  }

  private func send(
    _ numbers: Range<Int>, of deliveries: inout Deliveries, _ known: [ProcessIdentity: RecognisedProcess],
    _ state: LedgerState?
  ) -> Int32? {
    let now = clock()
    let gap = numbers.map { deliveries.all[$0].delivery.gap(now: now) }.max() ?? .zero
    if gap > .zero { Pause.sleep(gap) }
    let targets = numbers.map { deliveries.all[$0].delivery.instance.identity }
    // The plan has seen that no earlier signal is on its way, and the recorded intent keeps others from adding one.
    let isRecorded = numbers.allSatisfy { deliveries.all[$0].delivery.isRecorded }
    let parts: LookParts = isRecorded ? [.pipes, .program] : [.drained, .program]
    let seen = see(targets, known, state, parts)
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

  /// Watches until every signalled process has acted, or its time is up, or a signal asks this program to
  /// end, which is then returned.
  private func confirm(
    _ numbers: Range<Int>, of deliveries: inout Deliveries, _ known: [ProcessIdentity: RecognisedProcess],
    _ state: LedgerState?, _ wait: Duration
  ) -> Int32? {
    var end = Deadline(wait, after: clock())
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
        end = min(end, Deadline(Self.grace, after: clock()))
      }
      let isLast = end.isOver(at: clock())
      looksTaken += 1
      let targets = open.map { deliveries.all[$0].delivery.instance.identity }
      // Most have acted by the second look: only then does it matter where the signal is.
      let seen = see(targets, known, state, looksTaken > 1 ? .drained : [])
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
    _ parts: LookParts
  ) -> [ProcessIdentity: Result<Seen?, HostError>] {
    let processes = identities.compactMap { known[$0] }
    let observed = observer.observe(processes, state, parts, now: clock())
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
      // Shown by `--dry-run`: where it would lead.
      outcome(.wouldSwitch, notes, after: wanted, isAsAsked: true)
    case .leave: outcome(.unchanged, notes, after: before, isAsAsked: true)
    // Under `--all` a process that cannot be switched is only reported; a stopped one can be, once it
    // continues.
    case .refuse: outcome(.refused, notes, isAsAsked: isAll && notes.allSatisfy(\.isOfKind))
    case .fail: outcome(.failed, notes, isAsAsked: false)
    case .forget(processEnded: true): outcome(.vanished, notes, isAsAsked: true)
    case .forget(processEnded: false): outcome(.unchanged, notes, after: before, isAsAsked: true)
    }
  }
}

extension Outcome.Note {
  /// Whether the reason is what the process is, not its present state.
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
