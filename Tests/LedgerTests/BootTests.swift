import Processes
import TestSupport
import Testing
import Text

@testable import Ledger

@Suite("Two ids of one boot, and two boots")
struct BootTests {
  /// An entry of another boot id, half an hour after the samples' boot began.
  private func entry(pid: Int32 = 7, _ boot: String = otherBootID, startTicks: UInt64 = 100) -> LedgerEntry {
    LedgerEntry(
      identity: ProcessIdentity(bootID: boot, pid: pid, startTicks: startTicks), service: "api",
      executable: "/rest-api", container: nil, dialect: "toggle", debug: true, since: 1_800_000_000_000,
      sinceWall: 1_795_351_800_000_000_000, deadline: 3_600_000_000_000,
      by: .init(user: "root", uid: 0), reason: "INC-42", lastSignal: nil)
  }

  private func followed(_ boot: String = otherBootID, reason: String? = nil) -> FollowedService {
    FollowedService(
      bootID: boot, service: "api", executable: "/rest-api", container: nil, since: 0,
      deadline: nil, by: .init(user: "root", uid: 0), reason: reason, trustsName: false)
  }

  @Test("what was recorded under another id of this boot is taken over, with all of that id")
  func takenOver() {
    let ended = entry(pid: 8)
    let written = LedgerState(bootID: otherBootID, entries: [entry(), ended], followed: [followed()])
    let (state, dropped) = written.current(SeenBoot(bootID, living: [7: 100]))
    #expect(state.bootID == bootID && dropped == [])
    #expect(state.entries == [entry(bootID), entry(pid: 8, bootID)])
    #expect(state.followed == [followed(bootID)])
    #expect(state.hasTakenOver(from: written))
    // Whoever sees the other id takes it over in turn, and nothing is lost.
    #expect(state.current(SeenBoot(otherBootID, living: [7: 100])).state == written)
    #expect(!state.current(SeenBoot(bootID)).state.hasTakenOver(from: state))
  }

  @Test("an id that was shown to be of this boot stays so when the process that showed it has ended")
  func shown() {
    let written = LedgerState(bootID: otherBootID, entries: [entry()], followed: [followed()])
    var boot = SeenBoot(bootID)
    #expect(written.otherIDs(of: boot) == [])
    boot.otherIDs = written.otherIDs(of: SeenBoot(bootID, living: [7: 100]))
    #expect(boot.otherIDs == [otherBootID] && LedgerState(bootID: bootID).otherIDs(of: boot) == [otherBootID])
    let (state, dropped) = written.current(boot)
    #expect(state.entries == [entry(bootID)] && state.followed == [followed(bootID)] && dropped == [])
  }

  @Test("after another boot entries are dropped, whatever has their pids now")
  func rebooted() {
    let written = LedgerState(bootID: otherBootID, entries: [entry()], followed: [followed()])
    for boot in [SeenBoot(bootID), SeenBoot(bootID, living: [7: 101]), SeenBoot(bootID, living: [8: 100])] {
      let (state, dropped) = written.current(boot)
      #expect(state.isEmpty && dropped == [entry()])
    }
  }

  @Test("where the process fits and the clocks do not, it is neither acted on nor lost")
  func aside() throws {
    let written = LedgerState(bootID: otherBootID, entries: [entry()], followed: [followed()])
    for set in [Duration.seconds(60), .seconds(-60)] {
      let (state, dropped) = written.current(SeenBoot(bootID, living: [7: 100], set: set))
      #expect(state.hasNoEntries && state.elsewhere == [entry()] && dropped == [] && state.followed == [])
      let kept = try LedgerState(parsing: try bytes(of: state), path: samplePath)
      #expect(kept.current(SeenBoot(otherBootID)).state.entries == [entry()])
      // When the process ends it goes.
      #expect(kept.current(SeenBoot(bootID)).state.isEmpty)
    }
    #expect(
      written.current(SeenBoot(bootID, living: [7: 100], set: .milliseconds(500))).state.entries == [
        entry(bootID)
      ]
    )
  }

  @Test("a pid of another pid namespace proves nothing; what is proved holds for every namespace of the boot")
  func namespaces() {
    let (here, there) = ("/4026532201", "/4026532202")
    let inside = entry(otherBootID + here)
    let alone = LedgerState(bootID: otherBootID, entries: [inside]).current(
      SeenBoot(bootID, living: [7: 100]))
    #expect(alone.state.isEmpty && alone.dropped == [inside])
    let far = entry(pid: 9, otherBootID + there)
    let (state, dropped) = LedgerState(bootID: otherBootID, entries: [inside, far])
      .current(SeenBoot(bootID + here, living: [7: 100]))
    #expect(state.entries == [entry(bootID + here)] && state.elsewhere == [far] && dropped == [])
  }

  @Test("of one process under both ids, the present id's entry counts; so of a followed service")
  func twice() throws {
    var own = entry(bootID)
    own.reason = "INC-43"
    let written = LedgerState(
      bootID: bootID, entries: [own, entry()], followed: [followed(bootID, reason: "INC-43"), followed()])
    let (state, dropped) = written.current(SeenBoot(bootID, living: [7: 100]))
    #expect(state.entries == [own] && dropped == [])
    #expect(state.followed == [followed(bootID, reason: "INC-43")])
    #expect(try parsed(bytes(of: state)) == state)
  }

  @Test("an agent that is seen to live sees this boot; a run of this boot is one whatever its id")
  func keepers() {
    let boot = SeenBoot(bootID, living: [7: 100])
    func sees(_ agent: LivingAgent) -> Bool { agent.seen(in: boot).keeps(bootID: bootID) }
    #expect(sees(LivingAgent(pid: 7, bootID: otherBootID, startTicks: 100)))
    #expect(!sees(LivingAgent(pid: 7, bootID: otherBootID, startTicks: 99)))
    #expect(!sees(LivingAgent(pid: 8, bootID: otherBootID, startTicks: 100)))
    #expect(!sees(LivingAgent(pid: 7, bootID: otherBootID)))
    #expect(!sees(LivingAgent(pid: 7, bootID: otherBootID + "/4026532201", startTicks: 100)))
    func run(_ after: Duration, _ id: String) -> String {
      RevertRun(
        bootID: id, clock: HostClock(boottime: 1_800_000_000_000, wall: 1_795_350_000_000_000_000 + after)
      ).seen(in: boot).bootID
    }
    #expect(run(.seconds(1800), otherBootID) == bootID)
    #expect(run(.seconds(1700), otherBootID) == otherBootID)
    #expect(run(.seconds(1800), otherBootID + "/4026532201") != bootID)
  }
}
