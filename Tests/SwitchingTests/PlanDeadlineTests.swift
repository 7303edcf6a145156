import Ledger
import Processes
import TestSupport
import Testing
import Text

@testable import PlaceOS
@testable import Switching

@Suite("Deadlines")
struct PlanDeadlineTests {
  @Test("What is switched on gets its deadline, counted from now")
  func starting() {
    func deadline(_ deadline: Request.Deadline, _ verb: Request.Verb = .on, debug: Bool = false) -> BootTime?
    {
      step(request(verb, deadline: deadline), instance(debug: debug)).deadline
    }
    #expect(deadline(.standard) == boot + 4 * hour)
    #expect(deadline(.after(90 * second)) == boot + 3 * hour + 90 * second)
    #expect(deadline(.after(24 * hour)) == boot + 27 * hour)
    // What the configuration has as its default.
    #expect(deadline(.unsaid(600 * second)) == boot + 3 * hour + 600 * second)
    #expect(deadline(.never) == nil)
    #expect(deadline(.standard, .toggle) == boot + 4 * hour)
    // What is switched off has none.
    #expect(deadline(.standard, .off, debug: true) == nil)
    #expect(deadline(.after(hour), .toggle, debug: true) == nil)
  }

  @Test("What lasts only as long as a command leaves the deadlines of others alone")
  func left() {
    for asked in [Request.Deadline.after(second), .standard, .never] {
      var request = request(.on, deadline: asked)
      request.leavesDeadlines = true
      let on = instance(debug: true, entry: entry(debug: true, deadline: boot + 9 * hour))
      #expect(step(request, on).deadline == boot + 9 * hour)
    }
  }

  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let existing: BootTime?
    let asked: Request.Deadline
    let expected: BootTime?

    init(_ description: String, existing: BootTime?, _ asked: Request.Deadline, becomes expected: BootTime?) {
      self.description = description
      self.existing = existing
      self.asked = asked
      self.expected = expected
    }
  }

  static let cases = [
    Case(
      "the standard extends", existing: boot + 3 * hour + 600 * second, .standard, becomes: boot + 4 * hour),
    Case(
      "a default of the configuration never shortens", existing: boot + 4 * hour, .unsaid(60 * second),
      becomes: boot + 4 * hour),
    Case("the standard never shortens", existing: boot + 9 * hour, .standard, becomes: boot + 9 * hour),
    Case("the standard keeps what equals it", existing: boot + 4 * hour, .standard, becomes: boot + 4 * hour),
    Case("the standard leaves what has none", existing: nil, .standard, becomes: nil),
    Case("the standard extends what is past", existing: boot + 2 * hour, .standard, becomes: boot + 4 * hour),
    Case("an explicit one extends", existing: boot + 4 * hour, .after(3 * hour), becomes: boot + 6 * hour),
    Case(
      "an explicit one shortens", existing: boot + 9 * hour, .after(60 * second),
      becomes: boot + 3 * hour + 60 * second
    ),
    Case("an explicit one ends what had none", existing: nil, .after(hour), becomes: boot + 4 * hour),
    Case("never takes it away", existing: boot + 4 * hour, .never, becomes: nil),
    Case("never keeps none", existing: nil, .never, becomes: nil),
  ]

  @Test("What is on already has its deadline moved, and nothing sent", arguments: cases)
  func moving(row: Case) {
    let process = instance(debug: true, entry: entry(deadline: row.existing))
    let planned = step(request(.on, deadline: row.asked), process)
    #expect(planned.action == .leave)
    #expect(planned.deadline == row.expected)
    let note = row.expected == nil ? Outcome.Note.deadlineRemoved : .deadlineMoved
    #expect(planned.notes == (row.existing == row.expected ? [] : [note]))
  }

  @Test("toggle moves it too, where it enters debug mode", arguments: cases)
  func toggling(row: Case) {
    let on = instance(2, debug: true, entry: entry(2, deadline: row.existing))
    let planned = steps(request(.toggle, deadline: row.asked), [on, instance(3, debug: false)])
    #expect(planned[0].action == .leave)
    #expect(planned[0].deadline == row.expected)
    #expect(planned[1].deadline == row.asked.starting(now))
  }

  @Test(
    "What somebody else has switched on gets none",
    arguments: [Request.Deadline.standard, .after(.nanoseconds(1)), .never])
  func foreign(asked: Request.Deadline) {
    #expect(step(request(.on, deadline: asked), instance(debug: true)).deadline == nil)
  }

  @Test("The wall clock decides nothing", arguments: [0, 1, .distantFuture] as [WallTime])
  func wallClock(wall: WallTime) {
    let other = HostClock(boottime: now.boottime, wall: wall)
    for process in [instance(debug: false), instance(debug: true, entry: entry())] {
      for verb in [Request.Verb.on, .off, .toggle] {
        #expect(
          Plan(for: request(verb), instances: [process], now: other).steps == steps(request(verb), [process]))
      }
    }
  }
}
