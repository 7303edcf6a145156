import Containers
import Ledger
import Processes
import TestSupport
import Testing
import Text

@testable import Agent

@Suite("What the agent has to do, and when") struct AgendaTests {
  func agenda(
    _ entries: [LedgerEntry], _ followed: [FollowedService] = [], now: BootTime = 0
  ) -> Agenda {
    var agenda = Agenda()
    agenda.take(LedgerState(bootID: bootID, entries: entries, followed: followed), now: now)
    return agenda
  }

  @Test("it wakes for the next deadline, and for nothing where there is none")
  func nextDeadline() {
    #expect(agenda([]).next == nil)
    #expect(agenda([entry(1, deadline: nil)]).next == nil)
    #expect(agenda([entry(1, deadline: 9), entry(2, deadline: 7), entry(3, deadline: nil)]).next == 7)
    var off = entry(1, deadline: 5)
    off.debug = false
    #expect(agenda([off]).next == nil)
  }

  @Test("what is due is due from its deadline on; what must be waited for comes apart")
  func due() {
    let agenda = agenda([
      entry(1, deadline: 10), entry(2, deadline: 10, progress: .sent), entry(3, deadline: 11),
    ])
    #expect(agenda.dueReverts(now: 9).ready.isEmpty && agenda.dueReverts(now: 9).unconfirmed.isEmpty)
    #expect(agenda.dueReverts(now: 10).ready == [identity(1)])
    #expect(agenda.dueReverts(now: 10).unconfirmed == [identity(2)])
    #expect(agenda.dueReverts(now: 11).ready == [identity(1), identity(3)])
  }

  @Test("many deadlines at one moment are prepared ahead of it, and few are not")
  func crowd() throws {
    let deadline: BootTime = 10_000_000_000
    func many(_ pids: ClosedRange<Int32>) -> [LedgerEntry] { pids.map { entry($0, deadline: deadline) } }
    #expect(agenda(many(1...32)).crowd == nil)
    let last = deadline + .milliseconds(2)
    var agenda = agenda(
      many(1...400) + [
        entry(500, deadline: deadline, progress: .sent), entry(501, deadline: deadline + .seconds(1)),
        entry(502, deadline: last), entry(503, deadline: nil),
      ])
    let crowd = try #require(agenda.crowd)
    #expect(crowd.identities == Set((1...400).map(identity) + [identity(502)]))
    #expect(crowd.deadline == last)
    #expect(crowd.begin < deadline - .milliseconds(150) && agenda.next == crowd.begin)
    // Until then none of them is due, whatever is prepared.
    #expect(agenda.dueReverts(now: crowd.begin).ready.isEmpty)
    // What failed is tried again by itself.
    for pid in 1...380 as ClosedRange<Int32> { agenda.noteFailure(of: identity(pid), now: deadline) }
    #expect(agenda.crowd == nil)
  }

  @Test("what failed is tried again ever more seldom, at least every minute, and never at once")
  func retries() {
    var agenda = agenda([entry(1, deadline: 10)])
    var now: BootTime = 10
    var pauses: [Duration] = []
    for attempt in 0..<20 {
      // What failed once keeps nothing else waiting.
      let due = agenda.dueReverts(now: now)
      #expect((attempt == 0 ? due.ready : due.unconfirmed) == [identity(1)])
      #expect((attempt == 0 ? due.unconfirmed : due.ready).isEmpty)
      agenda.noteFailure(of: identity(1), now: now)
      #expect(agenda.dueReverts(now: now).ready.isEmpty && agenda.dueReverts(now: now).unconfirmed.isEmpty)
      let next = agenda.next ?? 0
      pauses.append(next - now)
      now = next
    }
    #expect(pauses == pauses.sorted())
    #expect(pauses.first == second / 4 && pauses.last == 60 * second)
  }

  @Test("a failure is forgotten with its process")
  func forgottenFailure() {
    var agenda = agenda([entry(1, deadline: 10)])
    agenda.noteFailure(of: identity(1), now: 10)
    agenda.take(LedgerState(bootID: bootID), now: 11)
    #expect(agenda.retries.isEmpty && agenda.next == nil)
  }

  @Test("a switch is not waited for beyond the next deadline")
  func patience() {
    let agenda = agenda([entry(1, deadline: boot + 10 * second), entry(2, deadline: nil)])
    func patience(_ now: BootTime) -> Duration {
      agenda.patience(now: now, shortest: .nanoseconds(60), longest: .milliseconds(500))
    }
    #expect(patience(0) == .milliseconds(500))
    #expect(patience(boot + .milliseconds(9900)) == .milliseconds(80))
    #expect(patience(boot + 10 * second - .nanoseconds(1)) == .nanoseconds(60))
    // Once it is due itself, nothing else is kept waiting.
    #expect(patience(boot + 10 * second) == .milliseconds(500))
  }

  @Test("a followed service is looked for from its end until all its processes are back")
  func search() {
    var agenda = agenda([entry(1), entry(2), entry(3)], [followed()])
    #expect(agenda.dueSearches(now: 5).isEmpty)
    agenda.noteEnd(of: api.apiPlace, now: 5)
    #expect(agenda.dueSearches(now: 5) == [followed()])
    agenda.noteLook(for: api.apiPlace, inDebugMode: 0, isComplete: true, now: 6)
    #expect(agenda.dueSearches(now: 6).isEmpty)
    let next = agenda.next ?? 0
    agenda.noteLook(for: api.apiPlace, inDebugMode: 2, isComplete: true, now: next)
    #expect(!agenda.searches.isEmpty)
    agenda.noteLook(for: api.apiPlace, inDebugMode: 3, isComplete: false, now: next)
    #expect(!agenda.searches.isEmpty)
    agenda.noteLook(for: api.apiPlace, inDebugMode: 3, isComplete: true, now: next)
    #expect(agenda.searches.isEmpty)
  }

  @Test("a service that comes back with fewer workers is not looked for for ever")
  func fewerWorkers() {
    var agenda = agenda([entry(1), entry(2)], [followed(deadline: nil)])
    agenda.noteEnd(of: api.apiPlace, now: 0)
    agenda.noteLook(for: api.apiPlace, inDebugMode: 1, isComplete: true, now: boot + 29 * second)
    #expect(!agenda.searches.isEmpty)
    agenda.noteLook(for: api.apiPlace, inDebugMode: 1, isComplete: true, now: boot + 30 * second)
    #expect(agenda.searches.isEmpty)
  }

  @Test("the search grows seldom, and ends with the deadline")
  func searchPauses() {
    var search = Search(started: 0, wanted: 1)
    var looks = 0
    while search.next < boot + 3600 * second {
      let before = search.next
      search.looked(now: before)
      #expect(search.next > before)
      looks += 1
    }
    #expect(looks < 1000)
    let agenda = agenda([], [followed(deadline: 10)], now: 5)
    #expect(agenda.dueSearches(now: 9) == [followed(deadline: 10)])
    #expect(agenda.dueSearches(now: 10).isEmpty)
    #expect(agenda.dueFollows(now: 10) == [followed(deadline: 10)])
  }

  @Test("what ended while no agent ran is looked for; what nobody follows is not")
  func takenUp() {
    #expect(agenda([], [followed()], now: 7).dueSearches(now: 7) == [followed()])
    #expect(agenda([entry(1)], [followed()]).dueSearches(now: 7).isEmpty)
    var unfollowed = agenda([entry(1)])
    unfollowed.noteEnd(of: api.apiPlace, now: 7)
    #expect(unfollowed.dueSearches(now: 7).isEmpty)
  }

  @Test("a service that is let go is looked for no longer")
  func unfollowed() {
    var agenda = agenda([], [followed()])
    agenda.take(LedgerState(bootID: bootID), now: 3)
    #expect(agenda.searches.isEmpty && agenda.next == nil)
  }

  @Test("a wish alone wakes at its deadline, so that it does not outlive it")
  func wish() {
    var agenda = agenda([], [followed(deadline: boot + 100 * second)])
    agenda.noteLook(for: api.apiPlace, inDebugMode: 1, isComplete: true, now: 1)
    #expect(agenda.next == boot + 100 * second)
  }
}

extension Container {
  var apiPlace: ServicePlace { ServicePlace(service: "api", executable: "/rest-api", container: self) }
}
