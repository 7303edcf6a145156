import Containers
import Glibc
import Processes
import SystemPackage
import TestSupport
import Testing
import Text

@testable import Ledger

@Suite("Services that are followed")
struct FollowedServiceTests {
  let full = FollowedService(
    bootID: bootID, service: "api", executable: "/rest-api", container: fullEntry().container,
    since: 7, deadline: 9_007_199_254_740_993,
    by: .init(user: "root", sudoUser: "steve", uid: 0), reason: "inc \"7\"\n", trustsName: true)
  let bare = FollowedService(
    bootID: bootID, service: "triggers", executable: "/triggers", container: nil, since: 0,
    deadline: nil, by: .init(user: "", sudoUser: nil, uid: 0), reason: nil, trustsName: false)

  @Test("what is written is read, and where nothing is followed, nothing is said of it")
  func roundTrip() throws {
    let state = LedgerState(bootID: bootID, entries: [fullEntry()], followed: [full, bare])
    let written = try bytes(of: state)
    #expect(try parsed(written) == state)
    #expect(String(decoding: written, as: UTF8.self).contains("\"schema_version\" : 3"))
    let without = String(decoding: try bytes(of: sample), as: UTF8.self)
    #expect(without.contains("\"schema_version\" : 3") && !without.contains("followed"))
  }

  @Test("each missing key is damage, and so is a negative time, and one twice")
  func damaged() throws {
    let text = String(decoding: try bytes(of: LedgerState(bootID: bootID, followed: [bare])), as: UTF8.self)
    for key in ["\"trusts_name\"", "\"since_boottime_ns\"", "\"by\""] {
      #expect(text.contains(key))
      #expect(throws: LedgerError.self) { try parsed(sealed(text.replacing(key, with: "\"other\""))) }
    }
    let negative = text.replacing("\"since_boottime_ns\" : 0", with: "\"since_boottime_ns\" : -1")
    #expect(throws: LedgerError.self) { try parsed(sealed(negative)) }
    var twice = LedgerState(bootID: bootID)
    twice.followed = [bare, bare]
    #expect(throws: LedgerError.self) { try parsed(try bytes(of: twice)) }
  }

  @Test("those of another boot are over")
  func otherBoot() {
    let (state, _) = LedgerState(bootID: bootID, followed: [full]).current(SeenBoot(otherBootID))
    #expect(state.followed == [])
    #expect(LedgerState(bootID: bootID, followed: [full]).current(SeenBoot(bootID)).state.followed == [full])
  }

  @Test("a place is the container by its name, the pod, or the executable; never the id of a named container")
  func places() {
    func place(
      _ container: Container?, _ executable: String = "/rest-api", _ service: String = "api"
    ) -> ServicePlace {
      ServicePlace(service: service, executable: executable, container: container)
    }
    let named = Container(runtime: .docker, id: "1", name: "rest-api")
    let anew = Container(runtime: .docker, id: "2", name: "rest-api")
    #expect(place(named) == place(anew))
    #expect(place(named) == place(named, "/app/other"))
    #expect(place(named) != place(.init(runtime: .podman, id: "1", name: "rest-api")))
    #expect(place(named) != place(.init(runtime: .docker, id: "1", name: "rest-api-2")))
    #expect(place(named) != place(nil))
    #expect(place(.init(runtime: .unknown, id: "1")) != place(.init(runtime: .unknown, id: "2")))
    #expect(place(nil, "/a/rest-api") != place(nil, "/b/rest-api"))
    // Of one container's drivers each is a place of its own.
    #expect(place(named, "/app/bin/drivers/a", "driver") != place(named, "/app/bin/drivers/b", "driver"))
    func pod(_ namespace: String, _ name: String, _ container: String, id: String = "1") -> ServicePlace {
      place(
        .init(
          runtime: .containerd, id: id, name: container,
          pod: Pod(uid: "u", namespace: namespace, name: name, container: container)))
    }
    #expect(pod("a", "b", "c") == pod("a", "b", "c", id: "2"))
    #expect(pod("a", "b", "c") != pod("x", "b", "c") && pod("a", "b", "c") != pod("a", "b", "x"))
  }
}

@Suite("The agent's lock")
struct AgentLockTests {
  @Test("one agent at a time, whose pid the second is told; whether there is one is asked without taking it")
  func one() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      #expect(directory.agent == nil)
      let lock = try directory.becomeAgent(bootID: bootID)
      for _ in 0..<3 { #expect(directory.agent?.pid == getpid() && directory.agent?.bootID == bootID) }
      #expect(
        failure { () throws(LedgerError) in _ = try directory.becomeAgent(bootID: bootID) }
          == .busy(path: scratch.appending("agent.lock"), holderPID: getpid()))
      lock.end()
      #expect(directory.agent == nil)
      _ = try directory.becomeAgent(bootID: bootID)
    }
  }

  @Test("the ledger's lock is another: commands run beside the agent")
  func beside() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let agent = try directory.becomeAgent(bootID: bootID)
      _ = try directory.lock(timeout: .zero)
      agent.end()
    }
  }

  @Test("a run says who ran it; one that does not say, or names somebody unknown, was a person's")
  func keepers() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      for keeper in RevertKeeper.allCases {
        let run = RevertRun(bootID: bootID, clock: HostClock(boottime: 1, wall: 2), by: keeper)
        try directory.writeLastRevertRun(run)
        #expect(try directory.readLastRevertRun() == run)
      }
      let text = String(decoding: contents(of: directory.revertPath) ?? [], as: UTF8.self)
      for changed in ["\"by\" : \"somebody\",", "\"by\" : null,", ""] {
        let old = text.replacing("\"by\" : \"person\",", with: changed)
        #expect(try RevertRun(parsing: Array(old.utf8), path: samplePath).by == .person)
      }
    }
  }

  @Test("figures are those of the very process, and fresh")
  func figures() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      #expect(directory.readFigures() == nil)
      let figure = WriteFigures.Figure(pid: 42, startTicks: 7, writeBytesPerSecond: 10, freeBytes: 105)
      let figures = WriteFigures(bootID: bootID, at: 1000, figures: [figure])
      try directory.writeFigures(figures)
      #expect(directory.readFigures() == figures)
      func found(_ boot: String = bootID, pid: Int32 = 42, start: UInt64 = 7, after age: Duration = .zero)
        -> Bool
      {
        figures.figure(
          of: ProcessIdentity(bootID: boot, pid: pid, startTicks: start), now: 1000 + age) != nil
      }
      #expect(found() && !found(otherBootID) && !found(pid: 43) && !found(start: 8))
      #expect(!found(after: .seconds(30)))
      #expect(figure.diskLastsSeconds == 10)
      var still = figure
      still.writeBytesPerSecond = 0
      #expect(still.diskLastsSeconds == nil)
      put("{}".utf8, at: scratch.appending("figures.json"))
      #expect(directory.readFigures() == nil)
    }
  }
}
