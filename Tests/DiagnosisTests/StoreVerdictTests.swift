import Diagnosis
import PlaceOS
import Processes
import Testing

@Suite struct StoreVerdictTests {
  private static let local = NetworkEndpoint(address: [10, 0, 0, 2], port: 40000)
  private static let redis = NetworkEndpoint(address: [10, 0, 0, 3], port: 6379)

  private static func socket(
    _ state: TCPSocket.State, sent: UInt32 = 3000, received: UInt32 = 3000, bytes: UInt64 = 7,
    retransmits: UInt8 = 0, queue: UInt32 = 0, inode: UInt64 = 1
  ) -> TCPSocket {
    TCPSocket(
      state: state, local: local, remote: redis, sendQueue: queue, retransmits: retransmits, inode: inode,
      exchange: TCPSocket.Exchange(lastSentMs: sent, lastReceivedMs: received, bytesReceived: bytes))
  }

  private static func reading(_ change: (inout StoreReading) -> Void) -> StoreReading {
    var reading = StoreReading()
    change(&reading)
    return reading
  }

  private static func complaint(_ state: StoreState?, age: Int64 = 3) -> StoreComplaints.Complaint {
    StoreComplaints.Complaint(state: state, ageSeconds: age, text: "line")
  }

  @Test func freshAnswerClearsAStoreWhateverItsLogSaidBefore() {
    let verdict = StoreVerdict(
      Self.reading {
        $0.after = StoreSockets(of: [Self.socket(.closeWait, inode: 2), Self.socket(.established)])
        $0.before = $0.after
        $0.complaints.add(Self.complaint(.refused))
      })
    #expect(verdict.state == .ok)
    #expect(verdict.certainty == .certain)
  }

  @Test func questionWithoutAnswerAtBothLooksHangs() {
    let before = StoreSockets(of: [Self.socket(.established, sent: 1500, received: 9000)])
    let after = StoreSockets(of: [Self.socket(.established, sent: 2500, received: 10000)])
    #expect(StoreVerdict(Self.reading { ($0.before, $0.after) = (before, after) }).state == .hangs)
    // Answered in between: it was caught in the middle of a query.
    let answered = StoreSockets(of: [Self.socket(.established, sent: 1500, received: 9000, bytes: 3)])
    #expect(StoreVerdict(Self.reading { ($0.before, $0.after) = (answered, after) }).state != .hangs)
  }

  @Test func attemptsThatAreRepeatedAndUnacknowledgedBytesAreUnreachable() {
    for socket in [
      Self.socket(.synSent, bytes: 0, retransmits: 1),
      Self.socket(.established, sent: 500, received: 20000, retransmits: 2, queue: 14),
    ] {
      let verdict = StoreVerdict(Self.reading { $0.after = StoreSockets(of: [socket]) })
      #expect(verdict.state == .unreachable && verdict.certainty == .certain)
    }
  }

  @Test func closedConnectionsAndFailedAttemptsAreLikelyRefused() {
    let verdict = StoreVerdict(
      Self.reading {
        $0.after = StoreSockets(of: [Self.socket(.closeWait)])
        $0.counters.attemptFails = 2
      })
    #expect(verdict.state == .refused && verdict.certainty == .likely)
  }

  @Test func whatIsOlderThanTheStoresProcessIsNotSaidOfIt() {
    func state(_ own: StoreSide.Condition, up: Int64?, age: Int64) -> StoreState {
      StoreVerdict(
        Self.reading {
          $0.own = StoreSide(condition: own, name: "elasticsearch")
          $0.own?.upSeconds = up
          $0.complaints.add(Self.complaint(.refused, age: age))
        }
      ).state
    }
    #expect(state(.listening, up: 3, age: 5) == .ok)
    // Cut to the second, it may have been written just after the start.
    #expect(state(.listening, up: 3, age: 4) == .refused)
    #expect(state(.listening, up: nil, age: 5) == .refused)
  }

  @Test func storesOwnSideSpeaksFirst() {
    let sockets = StoreSockets(of: [Self.socket(.established)])
    let stopped = StoreVerdict(
      Self.reading {
        $0.after = sockets
        $0.own = StoreSide(condition: .stopped, name: "redis-server (pid 7)")
      })
    #expect(stopped.state == .hangs && stopped.certainty == .certain)
    let exited = StoreVerdict(
      Self.reading {
        $0.own = StoreSide(
          condition: .exited(status: 137, secondsAgo: 9, forMemory: true), name: "redis")
      })
    #expect(exited.state == .unreachable)
    #expect(exited.evidence.first?.text == "container redis: exited 137 9 s ago, killed for memory")
  }

  @Test func lazyServiceProvesNothingByHavingNoConnection() {
    let verdict = StoreVerdict(
      Self.reading {
        $0.holdsConnections = false
        $0.counters.attemptFails = 3
      })
    #expect(verdict.state == .unknown)
  }

  @Test func socketsThatCannotBeReadAreNotAbsent() {
    let verdict = StoreVerdict(
      Self.reading {
        $0.areSocketsKnown = false
        $0.counters.attemptFails = 3
      })
    #expect(verdict.state == .unknown)
    #expect(verdict.evidence.first?.text == "its sockets cannot be read")
  }

  @Test func connectionThatIsKeptEndsWhatTheLogSaidBefore() {
    // As /proc/PID/net/tcp tells it: without the age of an answer.
    let socket = TCPSocket(state: .established, local: Self.local, remote: Self.redis, inode: 1)
    let verdict = StoreVerdict(
      Self.reading {
        ($0.before, $0.after) = (StoreSockets(of: [socket]), StoreSockets(of: [socket]))
        $0.complaints.add(Self.complaint(.refused))
      })
    #expect(verdict.state == .ok)
  }

  @Test func refusedPasswordIsNoAnswerThatClears() {
    let before = StoreSockets(of: [Self.socket(.established, sent: 100, received: 100, inode: 7)])
    let after = StoreSockets(of: [Self.socket(.established, sent: 100, received: 100, inode: 8)])
    let verdict = StoreVerdict(
      Self.reading {
        ($0.before, $0.after) = (before, after)
        $0.complaints.add(Self.complaint(.closes, age: 0))
      })
    #expect(verdict.state == .closes)
    // Once a connection lasts, it is over.
    let lasting = StoreVerdict(
      Self.reading {
        ($0.before, $0.after) = (after, after)
        $0.complaints.add(Self.complaint(.closes, age: 2))
      })
    #expect(lasting.state == .ok)
  }

  @Test func whatIsSaidAfterTheLastAnswerStands() {
    let sockets = StoreSockets(of: [Self.socket(.established, sent: 8000, received: 8000)])
    let verdict = StoreVerdict(
      Self.reading {
        ($0.before, $0.after) = (sockets, sockets)
        $0.complaints.add(Self.complaint(.refused, age: 1))
      })
    #expect(verdict.state == .refused)
  }

  @Test func answersThatAllTakeLongAreSlow() {
    func reading(_ sent: UInt32, _ received: UInt32) -> StoreSockets {
      StoreSockets(of: [Self.socket(.established, sent: sent, received: received)])
    }
    let slow = Self.reading { ($0.before, $0.after) = (reading(1900, 300), reading(2200, 600)) }
    #expect(StoreVerdict(slow).state == .degraded && StoreVerdict(slow).certainty == .likely)
    // Once is a query that took long.
    let once = Self.reading { ($0.before, $0.after) = (reading(1900, 300), reading(600, 600)) }
    #expect(StoreVerdict(once).state == .ok)
  }

  @Test func mostAnswersThatTakeLongAreSlowThoughOneWasQuick() {
    /// A quick answer, a slow one, and a question that waits.
    func sockets(_ waiting: UInt32, _ slow: UInt32) -> StoreSockets {
      StoreSockets(of: [
        Self.socket(.established, sent: 4002, received: 4000, inode: 1),
        Self.socket(.established, sent: slow + 300, received: 300, inode: 2),
        Self.socket(.established, sent: waiting, received: waiting + 5000, inode: 3),
      ])
    }
    let slow = Self.reading { ($0.before, $0.after) = (sockets(1100, 1900), sockets(2300, 1800)) }
    #expect(StoreVerdict(slow).state == .degraded)
    // One that waits among quick ones is one long query, or a command that blocks.
    let one = Self.reading { ($0.before, $0.after) = (sockets(1100, 2), sockets(2300, 3)) }
    #expect(StoreVerdict(one).state == .ok)
    // What has waited for less than a second says nothing yet.
    let early = Self.reading { ($0.before, $0.after) = (sockets(200, 1900), sockets(300, 1900)) }
    #expect(StoreVerdict(early).state == .ok)
  }

  @Test func queueThatIsFullAtBothLooksIsNotAccepted() {
    var full = StoreSide(condition: .listening, name: "redis-server (pid 7)")
    (full.waiting, full.backlog, full.overflows) = (5, 4, 7)
    var empty = full
    (empty.waiting, empty.overflows) = (0, 1)
    let stuck = StoreVerdict(Self.reading { ($0.ownBefore, $0.own) = (full, full) })
    #expect(stuck.state == .hangs && stuck.certainty == .certain)
    let answered = StoreSockets(of: [Self.socket(.established, sent: 200, received: 200)])
    #expect(
      StoreVerdict(Self.reading { ($0.ownBefore, $0.own, $0.after) = (full, full, answered) }).state == .ok)
    #expect(StoreVerdict(Self.reading { ($0.ownBefore, $0.own) = (empty, full) }).state == .ok)
    #expect(StoreVerdict(Self.reading { ($0.ownBefore, $0.own) = (full, empty) }).state == .ok)
  }

  @Test func storeThatReadsNothingAtBothLooksHangs() {
    var side = StoreSide(condition: .listening, name: "redis-server (pid 7)")
    side.unread = [42, 43]
    let open = StoreSockets(of: [Self.socket(.established, sent: 60_000, received: 60_000)])
    let hanging = Self.reading {
      ($0.before, $0.after, $0.own, $0.ownBefore) = (open, open, side, side)
    }
    #expect(StoreVerdict(hanging).state == .hangs)
    #expect(StoreVerdict(hanging).evidence[0].text == "redis-server (pid 7) does not read from 2 connections")
    var other = side
    other.unread = [44]
    let passing = Self.reading { ($0.before, $0.after, $0.own, $0.ownBefore) = (open, open, side, other) }
    #expect(StoreVerdict(passing).state == .ok)
  }

  @Test func whatLastsBeyondItsOwnPaceIsOver() {
    var complaints = StoreComplaints()
    for age in [Int64(10), 12, 14, 16, 18] { complaints.add(Self.complaint(.degraded, age: age)) }
    #expect(complaints.freshSeconds() == 6)
    #expect(StoreVerdict(Self.reading { $0.complaints = complaints }).state == .unknown)
    var rare = StoreComplaints()
    for age in [Int64(10), 40, 40, 70] { rare.add(Self.complaint(.degraded, age: age)) }
    #expect(rare.freshSeconds() == 45)
    #expect(StoreVerdict(Self.reading { $0.complaints = rare }).state == .degraded)
    // One alone has no pace; what was complained of long before is another incident.
    var one = StoreComplaints()
    for age in [Int64(10), 100] { one.add(Self.complaint(.degraded, age: age)) }
    #expect(one.freshSeconds() == 45 && one.freshSeconds(isAnswered: true) == 8)
    // Two have one where nothing was answered since; otherwise they may be of two incidents.
    var two = StoreComplaints()
    for age in [Int64(10), 25] { two.add(Self.complaint(.refused, age: age)) }
    #expect(two.freshSeconds() == 32 && two.freshSeconds(isAnswered: true) == 8)
  }

  @Test func nameOfNoContainerIsAFailureOnlyOfWhoeverUsesIt() {
    let side = StoreSide(condition: .missing, name: "influxdb")
    #expect(StoreVerdict(Self.reading { $0.own = side }).state == .unresolved)
    let lazy = Self.reading { ($0.own, $0.holdsConnections) = (side, false) }
    #expect(StoreVerdict(lazy).state == .unknown)
    var complaining = lazy
    complaining.complaints.add(Self.complaint(.unresolved))
    #expect(StoreVerdict(complaining).state == .unresolved)
  }

  @Test func complaintThatIsNotRepeatedIsOverWhereTheStoreListens() {
    let old = Self.reading {
      $0.holdsConnections = false
      $0.own = StoreSide(condition: .listening, name: "java (pid 7)")
      $0.complaints.add(Self.complaint(.refused, age: 20))
    }
    #expect(StoreVerdict(old).state == .ok)
    var young = old
    young.complaints = StoreComplaints()
    young.complaints.add(Self.complaint(.refused, age: 3))
    #expect(StoreVerdict(young).state == .refused)
  }

  @Test func countersGoWithWhatFailsAndAloneProveNothing() {
    let alone = StoreVerdict(
      Self.reading {
        $0.counters.retransmitted = 9
        $0.holdsConnections = false
      })
    #expect(alone.state == .unknown && alone.evidence.count == 1)
    let refused = StoreVerdict(
      Self.reading {
        $0.counters.attemptFails = 2
        $0.counters.establishedResets = 1
      })
    #expect(refused.state == .refused)
    #expect(
      refused.evidence.last?.text == "its network, while looking: 2 attempts failed, 1 connections reset")
  }

  @Test func logAloneIsLikelyAndAnOldOneIsNothing() {
    let fresh = StoreVerdict(Self.reading { $0.complaints.add(Self.complaint(.unresolved)) })
    #expect(fresh.state == .unresolved && fresh.certainty == .likely)
    let old = StoreVerdict(Self.reading { $0.complaints.add(Self.complaint(.unresolved, age: 200)) })
    #expect(old.state == .unknown)
  }
}

@Suite struct DiagnosisCombinationTests {
  private func witness(_ pid: Int32, _ service: String, _ state: StoreState, _ certainty: Certainty)
    -> Witness
  {
    Witness(
      process: DiagnosedProcess(
        identity: ProcessIdentity(bootID: "b", pid: pid, startTicks: 1), service: service, container: nil),
      use: StoreUse(
        store: .redis, address: StoreAddress(host: "redis", port: 6379), holdsConnections: true),
      verdict: StoreVerdict(state, certainty, [StoreEvidence(.socket, service)]))
  }

  @Test func whatAllSeeIsTheStores() {
    let diagnosis = Diagnosis([
      witness(1, "api", .refused, .likely), witness(2, "core", .refused, .certain),
      witness(3, "staff", .unknown, .likely),
    ])
    #expect(diagnosis.backends.map(\.state) == [.refused])
    #expect(diagnosis.backends[0].certainty == .certain)
    #expect(!diagnosis.failing.isEmpty)
  }

  @Test func oneServiceCutOffIsItsOwnNetwork() {
    let diagnosis = Diagnosis([
      witness(1, "api", .ok, .certain), witness(2, "core", .ok, .certain),
      witness(3, "triggers", .unreachable, .certain),
    ])
    #expect(diagnosis.backends[0].state == .degraded)
    #expect(diagnosis.backends[0].evidence[0].text.contains("answers 2 of 3"))
    #expect(diagnosis.backends[0].evidence[0].text.contains("triggers"))
  }

  @Test func whatIsLikelyWellForSomeIsNotIllForAllUnlessItHangs() {
    let likely = Diagnosis([witness(1, "api", .ok, .likely), witness(2, "core", .unreachable, .certain)])
    #expect(likely.backends[0].state == .degraded)
    let certain = Diagnosis([witness(1, "api", .ok, .likely), witness(2, "core", .hangs, .certain)])
    #expect(certain.backends[0].state == .hangs)
  }

  @Test func unknownIsNoFailure() {
    #expect(Diagnosis([witness(1, "auth", .unknown, .likely)]).failing.isEmpty)
  }
}
