import Containers
import Ledger
import Processes
import TestSupport
import Testing
import Text

@testable import PlaceOS
@testable import Switching

@Suite("What is followed")
struct PlanFollowTests {
  let container = Container(runtime: .docker, id: "50db48f4", name: "rest-api")

  func followed(
    _ service: String = "api", deadline: BootTime? = boot + 4 * hour, since: BootTime = boot + 2 * hour
  ) -> FollowedService {
    FollowedService(
      bootID: bootID, service: service, executable: "/rest-api", container: container,
      since: since, deadline: deadline, by: steve, reason: "INC-42", trustsName: false)
  }

  /// What is followed after a command on one process, with its entry where it is the tool's.
  func after(
    _ request: Request, debug: Bool?, entry recorded: LedgerEntry? = nil, _ before: [FollowedService] = []
  ) -> [FollowedService] {
    var recorded = recorded
    recorded?.container = container
    let instance = instance(debug: debug, entry: recorded, container: container)
    let plan = Plan(
      for: request, instances: [instance],
      entries: request.verb == .revert ? [recorded].compactMap { $0 } : [], alive: [instance.identity],
      now: now)
    return plan.followed(before, unfollowing: request.unfollowed(of: before, now: now), now: now)
  }

  func following(_ verb: Request.Verb, _ deadline: Request.Deadline = .standard) -> Request {
    var request = request(verb, deadline: deadline)
    request.followsRestarts = true
    request.reason = "INC-43"
    return request
  }

  @Test("what is switched on with the wish is followed until its deadline; without it, it is not")
  func starts() {
    #expect(after(request(.on), debug: false) == [])
    for verb in [Request.Verb.on, .toggle] {
      let result = after(following(verb, .after(60 * second)), debug: false)
      #expect(result.map(\.place) == [followed().place])
      #expect(result.first?.deadline == now.boottime + 60 * second)
      #expect(result.first?.reason == "INC-43")
    }
    #expect(after(following(.on, .never), debug: false).first.map { $0.deadline == nil } == true)
  }

  @Test("what is on already is followed from now on, if this tool has switched it on")
  func alreadyOn() {
    #expect(after(following(.on), debug: true, entry: entry()).count == 1)
    #expect(after(following(.on), debug: true) == [])
  }

  @Test("a deadline that moves is the wish's too; who wished it, and why, stays")
  func moved() {
    let result = after(
      request(.on, deadline: .after(second)), debug: true, entry: entry(), [followed()])
    #expect(result.map(\.deadline) == [now.boottime + second])
    #expect(result.first?.reason == "INC-42" && result.first?.since == boot + 2 * hour)
  }

  @Test("a process that comes after a restart keeps the wish as it was")
  func broughtBack() {
    var back = request(.on, deadline: .at(boot + 4 * hour))
    back.selection = .places([followed().place])
    #expect(after(back, debug: false, [followed()]) == [followed()])
  }

  @Test(
    "switched off or taken back, it is followed no longer", arguments: [Request.Verb.off, .toggle, .revert])
  func ends(_ verb: Request.Verb) {
    #expect(after(request(verb), debug: true, entry: entry(), [followed()]) == [])
    // Whoever it was that switched it off.
    if verb != .toggle { #expect(after(request(verb), debug: false, entry: entry(), [followed()]) == []) }
  }

  @Test("a process that has ended takes nothing with it")
  func ended() {
    var recorded = entry()
    recorded.container = container
    var request = request(.revert)
    request.selection = .processes([recorded.identity])
    let plan = Plan(for: request, instances: [], entries: [recorded], alive: [], now: now)
    #expect(plan.steps.map(\.action) == [.forget(processEnded: true)])
    #expect(
      plan.followed([followed()], unfollowing: request.unfollowed(of: [followed()], now: now), now: now) == [
        followed()
      ])
  }

  @Test("what is refused or fails changes nothing")
  func refused() {
    var stopped = instance(debug: false, isStopped: true, container: container)
    #expect(
      Plan(for: following(.on), instances: [stopped], now: now).followed([], unfollowing: [], now: now) == [])
    stopped = instance(debug: true, isStopped: true, container: container)
    #expect(
      Plan(for: request(.off), instances: [stopped], now: now)
        .followed([followed()], unfollowing: [], now: now) == [followed()])
  }

  @Test("off and revert let go by name, by all and by age, and on never")
  func unfollowed() {
    let all = [followed(), followed("triggers")]
    func names(_ request: Request) -> [String] {
      let places = request.unfollowed(of: all, now: now)
      return all.filter { places.contains($0.place) }.map(\.service)
    }
    #expect(names(request(.off)) == ["api"])
    #expect(names(request(.off, all: true)) == ["api", "triggers"])
    var everything = request(.revert)
    everything.selection = .these([])
    #expect(names(everything) == ["api", "triggers"])
    #expect(names(request(.on)) == [] && names(request(.toggle)) == [])
    #expect(names(request(.revert, olderThan: hour / 2)) == ["api"])
    #expect(names(request(.revert, olderThan: 2 * hour)) == [])
    #expect(names(request(.revert, onlyExpired: true)) == [])
  }

  @Test("a wish ends with its deadline, whatever command comes by")
  func over() {
    #expect(after(request(.on), debug: false, [followed(deadline: now.boottime)]) == [])
    let other = followed("triggers", deadline: now.boottime)
    #expect(after(request(.off), debug: false, [other]) == [])
  }
}
