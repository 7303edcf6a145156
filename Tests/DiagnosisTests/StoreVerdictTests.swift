import Diagnosis
import PlaceOS
import Processes
import Testing

@Suite struct StoreVerdictTests {
  private static let local = NetworkEndpoint(address: [10, 0, 0, 2], port: 40000)
  private static let redis = NetworkEndpoint(address: [10, 0, 0, 3], port: 6379)

  private static func socket(
    _ state: TCPSocket.State, sent: UInt32 = 3000, received: UInt32 = 3000, bytes: UInt64 = 7,
    retransmits: UInt8 = 0, queue: UInt32 = 0
  ) -> TCPSocket {
    TCPSocket(
      state: state, local: local, remote: redis, sendQueue: queue, retransmits: retransmits, inode: 1,
      exchange: TCPSocket.Exchange(lastSentMs: sent, lastReceivedMs: received, bytesReceived: bytes))
  }

  private static func reading(_ change: (inout StoreReading) -> Void) -> StoreReading {
    var reading = StoreReading()
    change(&reading)
    return reading
  }

  private static func complaint(_ state: StoreState?, age: Int64 = 3) -> StoreReading.Complaint {
    StoreReading.Complaint(state: state, ageSeconds: age, text: "line")
  }

  @Test func freshAnswerClearsAStoreWhateverItsLogSaidBefore() {
    let verdict = StoreVerdict(
      Self.reading {
        $0.after = [Self.socket(.closeWait), Self.socket(.established)]
        $0.before = $0.after
        $0.complaints = [Self.complaint(.refused)]
      })
    #expect(verdict.state == .ok)
    #expect(verdict.certainty == .certain)
  }

  @Test func questionWithoutAnswerAtBothLooksHangs() {
    let before = [Self.socket(.established, sent: 1500, received: 9000)]
    let after = [Self.socket(.established, sent: 2500, received: 10000)]
    #expect(StoreVerdict(Self.reading { ($0.before, $0.after) = (before, after) }).state == .hangs)
    // Answered in between: it was caught in the middle of a query.
    let answered = [Self.socket(.established, sent: 1500, received: 9000, bytes: 3)]
    #expect(StoreVerdict(Self.reading { ($0.before, $0.after) = (answered, after) }).state != .hangs)
  }

  @Test func attemptsThatAreRepeatedAndUnacknowledgedBytesAreUnreachable() {
    for socket in [
      Self.socket(.synSent, bytes: 0, retransmits: 1),
      Self.socket(.established, sent: 500, received: 20000, retransmits: 2, queue: 14),
    ] {
      let verdict = StoreVerdict(Self.reading { $0.after = [socket] })
      #expect(verdict.state == .unreachable && verdict.certainty == .certain)
    }
  }

  @Test func closedConnectionsAndFailedAttemptsAreLikelyRefused() {
    let verdict = StoreVerdict(
      Self.reading {
        $0.after = [Self.socket(.closeWait)]
        $0.failedAttempts = 2
      })
    #expect(verdict.state == .refused && verdict.certainty == .likely)
  }

  @Test func storesOwnSideSpeaksFirst() {
    let sockets = [Self.socket(.established)]
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
        $0.failedAttempts = 3
      })
    #expect(verdict.state == .unknown)
  }

  @Test func socketsThatCannotBeReadAreNotAbsent() {
    let verdict = StoreVerdict(
      Self.reading {
        $0.areSocketsKnown = false
        $0.failedAttempts = 3
      })
    #expect(verdict.state == .unknown)
    #expect(verdict.evidence.first?.text == "its sockets cannot be read")
  }

  @Test func connectionThatIsKeptEndsWhatTheLogSaidBefore() {
    // As /proc/PID/net/tcp tells it: without the age of an answer.
    let socket = TCPSocket(state: .established, local: Self.local, remote: Self.redis, inode: 1)
    let verdict = StoreVerdict(
      Self.reading {
        ($0.before, $0.after) = ([socket], [socket])
        $0.complaints = [Self.complaint(.refused)]
      })
    #expect(verdict.state == .ok)
  }

  @Test func logAloneIsLikelyAndAnOldOneIsNothing() {
    let fresh = StoreVerdict(Self.reading { $0.complaints = [Self.complaint(.unresolved)] })
    #expect(fresh.state == .unresolved && fresh.certainty == .likely)
    let old = StoreVerdict(Self.reading { $0.complaints = [Self.complaint(.unresolved, age: 200)] })
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

  @Test func unknownIsNoFailure() {
    #expect(Diagnosis([witness(1, "auth", .unknown, .likely)]).failing.isEmpty)
  }
}
