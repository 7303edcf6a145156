import Ledger
import Processes
import TestSupport
import Testing
import Text

@testable import PlaceOS
@testable import Switching

@Suite("Plans: revert")
struct PlanRevertTests {
  static let done = sent(true, secondsAgo: 3600, .confirmed)

  @Test("What this tool switched on is taken back by the signal of its dialect")
  func takesBack() {
    for (handling, _, off) in PlanTests.dialects {
      for evidence in [Evidence.memory, .signals, .log, .ledger] {
        let record = entry(sent: Self.done)
        let planned = takeBack(
          record, instance(handling: handling, debug: true, evidence: evidence, entry: record))
        #expect(planned?.action == .send(off, towards: false))
        #expect(planned?.notes == [])
        #expect(planned?.deadline == nil)
      }
    }
  }

  @Test("A process that has restarted is at its own level: its entry is dropped, and nothing sent")
  func restarted() {
    let planned = takeBack(entry(), nil, isAlive: false)
    #expect(planned?.action == .forget(processEnded: true))
    #expect(planned?.notes == [.restarted])
    // Another process has its pid, and is in debug mode.
    let successor = instance(debug: true, entry: entry(start: 999))
    let other = takeBack(entry(start: 100), successor, isAlive: false)
    #expect(other?.action == .forget(processEnded: true))
    #expect(other?.instance == nil)
  }

  @Test("An entry of another boot is of no process of this one")
  func otherBoot() {
    let planned = takeBack(
      entry(boot: "00000000-0000-0000-0000-000000000000"), instance(debug: true), isAlive: false)
    #expect(planned?.action == .forget(processEnded: true))
  }

  @Test("A process that is another program by now is forgotten, and nothing sent")
  func changedProgram() {
    let planned = takeBack(entry(), nil, isAlive: true)
    #expect(planned?.action == .forget(processEnded: false))
    #expect(planned?.notes == [.changedProgram])
  }

  @Test("What somebody else has switched back is forgotten, and nothing sent")
  func switchedBack() {
    let record = entry(sent: Self.done)
    let planned = takeBack(record, instance(debug: false, entry: record))
    #expect(planned?.action == .forget(processEnded: false))
    #expect(planned?.notes == [.switchedBackOutside])
    let stopped = takeBack(record, instance(debug: false, entry: record, isStopped: true))
    #expect(stopped?.action == .forget(processEnded: false))
  }

  @Test("What was never switched, or was taken back, is not touched")
  func notOurs() {
    let foreign = instance(debug: true)
    #expect(Plan(for: request(.revert), instances: [foreign], now: now).steps == [])
    #expect(
      takeBack(entry(debug: false, deadline: nil), instance(debug: true, entry: entry(debug: false))) == nil)
  }

  @Test("What cannot be switched any more is refused", arguments: PlanTests.obstacles)
  func obstacle(obstacle: Obstacle) {
    let record = entry()
    let planned = takeBack(
      record, instance(handling: Handling(.toggle, obstacle: obstacle), debug: true, entry: record))
    #expect(planned?.action == .refuse)
    #expect(planned?.notes == [.obstacle(obstacle)])
  }

  @Test("Stopped, pending or unknown: nothing is sent, and the entry is kept")
  func hindered() {
    let record = entry()
    func plan(_ instance: Instance) -> Plan.Step? { takeBack(record, instance) }
    #expect(plan(instance(debug: true, entry: record, isStopped: true))?.action == .refuse)
    #expect(plan(instance(debug: true, entry: record, isStopped: true))?.notes == [.stopped])
    #expect(plan(instance(debug: true, entry: record, underway: .pending(isOwn: true)))?.action == .fail)
    #expect(plan(instance(debug: nil, evidence: .ledger, entry: record))?.action == .refuse)
    #expect(plan(instance(debug: nil, evidence: .ledger, entry: record))?.notes == [.levelUnknown])
  }

  @Test("--expired takes what is past its deadline, and nothing else")
  func expired() {
    func isTaken(_ deadline: BootTime?) -> Bool {
      let record = entry(deadline: deadline)
      return takeBack(record, instance(debug: true, entry: record), request(.revert, onlyExpired: true))
        != nil
    }
    #expect(isTaken(0))
    #expect(isTaken(now.boottime - .nanoseconds(1)))
    #expect(isTaken(now.boottime))
    #expect(!isTaken(now.boottime + .nanoseconds(1)))
    #expect(!isTaken(nil))
    #expect(!isTaken(.distantFuture))
  }

  @Test("--older-than takes what has been on for longer, and nothing else")
  func olderThan() {
    func isTaken(since: BootTime, olderThan: Duration) -> Bool {
      let record = entry(deadline: nil, since: since)
      return takeBack(
        record, instance(debug: true, entry: record), request(.revert, olderThan: olderThan))
        != nil
    }
    #expect(isTaken(since: boot + 2 * hour - .nanoseconds(1), olderThan: hour))
    #expect(!isTaken(since: boot + 2 * hour, olderThan: hour))
    #expect(!isTaken(since: boot + 2 * hour + .nanoseconds(1), olderThan: hour))
    #expect(isTaken(since: 0, olderThan: .zero))
    #expect(!isTaken(since: now.boottime, olderThan: .zero))
    // Both conditions count.
    let record = entry(deadline: nil, since: 0)
    #expect(
      takeBack(
        record, instance(debug: true, entry: record),
        request(.revert, onlyExpired: true, olderThan: .nanoseconds(1)))
        == nil)
  }

  @Test("Each entry is judged for itself")
  func several() {
    let records = [entry(2), entry(3), entry(4), entry(5, debug: false), entry(6)]
    let instances = [
      instance(2, debug: true, entry: records[0]), instance(3, debug: false, entry: records[1]),
      instance(9, debug: true), instance(5, debug: true, entry: records[3]),
    ]
    let plan = Plan(
      for: request(.revert), instances: instances, entries: records,
      alive: Set(instances.map(\.identity) + [identity(6)]), now: now)
    #expect(plan.steps.map(\.target.identity.pid) == [2, 3, 4, 6])
    #expect(
      plan.steps.map(\.action) == [
        .send(.usr1, towards: false), .forget(processEnded: false), .forget(processEnded: true),
        .forget(processEnded: false),
      ])
  }
}
