import PlaceOS
import Processes

extension StoreVerdict {
  /// Judges what was read. The store's own side comes first, then its answers, then the evidence of the
  /// process's sockets against it, then its log; an absence proves little.
  public init(_ reading: StoreReading) {
    let against = Self.log(reading)
    let verdict =
      Self.own(reading) ?? Self.answers(reading, against) ?? Self.unread(reading) ?? Self.silence(reading)
      ?? Self.refusal(reading) ?? against ?? Self.absence(reading)
    self = verdict.adding(against?.evidence ?? []).adding(Self.counters(reading)).asked(reading.probe)
  }

  /// The same with the store's own answer. Failing to answer is certain; answering clears a store of which
  /// nothing else is known, and is otherwise shown beside the evidence against it.
  private func asked(_ probe: Probe?) -> StoreVerdict {
    guard let probe else { return self }
    let evidence = [StoreEvidence(.probe, probe.text)]
    if probe.state.isFailure {
      return StoreVerdict(
        state.isFailure && certainty == .certain ? state : probe.state, .certain, evidence + self.evidence)
    }
    if state.isFailure {
      return StoreVerdict(state, certainty, self.evidence + [StoreEvidence(.probe, "but it \(probe.text)")])
    }
    return StoreVerdict(.ok, .certain, evidence + (state == .ok ? self.evidence : []))
  }

  /// An answer older than the services' heartbeats clears nothing; it proves nothing by itself either.
  private static let freshMs: UInt32 = 12_000
  /// When an answer is slow, milliseconds, and when it is too late to be the answer to what was sent.
  private static let slowMs: ClosedRange<UInt32> = 1000...30_000

  // MARK: the store's own side

  private static func own(_ reading: StoreReading) -> StoreVerdict? {
    guard let own = reading.own else { return nil }
    switch own.condition {
    case .exited(let status, let secondsAgo, let forMemory):
      let ago = secondsAgo.map { " \($0) s ago" } ?? ""
      let memory = forMemory ? ", killed for memory" : ""
      return StoreVerdict(
        .unreachable, .certain,
        [StoreEvidence(.container, "container \(own.name): exited \(status)\(ago)\(memory)")])
    case .stopped:
      return StoreVerdict(.hangs, .certain, [StoreEvidence(.process, "\(own.name) is stopped")])
    case .silent:
      guard reading.after.establishedCount == 0 else { return nil }
      return StoreVerdict(
        .refused, .certain, [StoreEvidence(.process, "nothing listens there (\(own.name))")])
    case .missing:
      // Compose gives services the names of stores that they do not use, and that may not exist.
      guard reading.after.establishedCount == 0, reading.holdsConnections || log(reading) != nil else {
        return nil
      }
      return StoreVerdict(
        .unresolved, .likely,
        [StoreEvidence(.container, "no container in its networks is called \(own.name)")])
    case .listening:
      // Full at both looks, and no answer just now: otherwise it is a burst of connections.
      guard let before = reading.ownBefore, own.backlog > 0, before.waiting >= before.backlog,
        own.waiting >= own.backlog, lastAnswerMs(reading) ?? .max > 1000
      else { return nil }
      let overflows = own.overflows - min(own.overflows, before.overflows)
      guard own.waiting > own.backlog || overflows > 0 else { return nil }
      let more = overflows > 0 ? ", \(overflows) more found no room" : ""
      return StoreVerdict(
        .hangs, .certain,
        [StoreEvidence(.process, "\(own.name) accepts no connections: \(own.waiting) wait\(more)")])
    }
  }

  /// The store has bytes that it does not read, at both looks.
  private static func unread(_ reading: StoreReading) -> StoreVerdict? {
    guard let own = reading.own, let before = reading.ownBefore else { return nil }
    if own.isBlocked, before.isBlocked {
      return StoreVerdict(
        .hangs, .likely, [StoreEvidence(.process, "\(own.name) waits for its disk, or has ended (D, Z)")])
    }
    let count = own.unread.intersection(before.unread).count
    guard count > 0 else { return nil }
    return StoreVerdict(
      .hangs, .certain,
      [StoreEvidence(.process, "\(own.name) does not read from \(Self.connections(count))")])
  }

  // MARK: what the process's sockets show

  /// What the log has lately said, unless an answer has contradicted it since. Refusing a password is an
  /// answer too, and one of two connections may be cut off: so only a younger answer counts, over a lasting
  /// connection.
  private static func unanswered(_ reading: StoreReading) -> [StoreComplaints.Complaint] {
    let before = Set(reading.before.telling.filter { $0.state == .established }.map(\.inode))
    let kept = reading.after.telling.filter { $0.state == .established && before.contains($0.inode) }
    let answers = kept.filter { !hangs($0, reading.before) && !isLost($0, reading.before) }
      .compactMap(\.exchange).filter { $0.bytesReceived > 0 }
    let last = answers.map { Int64($0.lastReceivedMs) }.min()
    // Without the times of answers (procfs) a lasting connection must do.
    let isTimed = kept.contains { $0.exchange != nil }
    // A store that listens on this host says no less than one that answered.
    let fresh = reading.complaints.freshSeconds(isAnswered: reading.own?.condition == .listening)
    return reading.complaints.newest.filter { complaint in
      guard complaint.ageSeconds < fresh else { return false }
      // It is about the process that was there before. A log's times are cut to the second.
      if let own = reading.own, own.condition == .listening, let up = own.upSeconds,
        complaint.ageSeconds > up + 1
      {
        return false
      }
      guard isTimed else { return kept.isEmpty }
      // Its age is from the first look, the answer's from the second, a second later or more.
      return last.map { $0 >= (complaint.ageSeconds + 1) * 1000 } ?? true
    }
  }

  /// The age of the last answer over a healthy connection, milliseconds.
  private static func lastAnswerMs(_ reading: StoreReading) -> UInt32? {
    reading.after.telling.compactMap { socket -> UInt32? in
      guard socket.state == .established, let exchange = socket.exchange, exchange.bytesReceived > 0,
        !hangs(socket, reading.before), !isLost(socket, reading.before)
      else { return nil }
      return exchange.lastReceivedMs
    }.min()
  }

  private static func answers(_ reading: StoreReading, _ against: StoreVerdict?) -> StoreVerdict? {
    guard let last = lastAnswerMs(reading) else { return nil }
    let evidence = StoreEvidence(
      .socket, "\(connections(reading.after.establishedCount)), last answer \(last / 1000) s ago")
    // What the store says of itself, though it answers.
    if let against, against.state == .degraded { return against.adding([evidence]) }
    guard last < freshMs, unanswered(reading).isEmpty else { return nil }
    if let slow = slowness(reading) {
      return StoreVerdict(
        .degraded, .likely,
        [StoreEvidence(.socket, "answers take \(slow / 1000).\(slow % 1000 / 100) s"), evidence])
    }
    return StoreVerdict(.ok, .certain, [evidence])
  }

  /// How long answers take, milliseconds, if most of those seen were slow at both looks.
  private static func slowness(_ reading: StoreReading) -> UInt32? {
    func median(_ sockets: StoreSockets) -> UInt32? {
      let times = sockets.telling.compactMap(answerTimeMs).sorted()
      return times.isEmpty ? nil : times[(times.count - 1) / 2]
    }
    guard let before = median(reading.before), let after = median(reading.after),
      slowMs.contains(before), slowMs.contains(after)
    else { return nil }
    return min(before, after)
  }

  /// How long the last answer over a connection took, milliseconds, or how long it has been awaited, if that
  /// is already slow.
  private static func answerTimeMs(_ socket: TCPSocket) -> UInt32? {
    guard socket.state == .established, let exchange = socket.exchange, exchange.bytesReceived > 0 else {
      return nil
    }
    if socket.isWaiting { return slowMs.contains(exchange.lastSentMs) ? exchange.lastSentMs : nil }
    guard exchange.lastSentMs >= exchange.lastReceivedMs, exchange.lastReceivedMs < freshMs else {
      return nil
    }
    return exchange.lastSentMs - exchange.lastReceivedMs
  }

  /// Something was sent more than a second ago, after the last answer, and there is no answer; at both looks.
  private static func hangs(_ socket: TCPSocket, _ before: StoreSockets) -> Bool {
    guard socket.state == .established, socket.isWaiting, let exchange = socket.exchange,
      exchange.lastSentMs > 1000
    else { return false }
    return before.telling.contains {
      $0.inode == socket.inode && $0.exchange?.bytesReceived == exchange.bytesReceived
    }
  }

  /// Bytes were sent again and again, also since the first look: what remains of a past fault does not grow.
  private static func isLost(_ socket: TCPSocket, _ before: StoreSockets) -> Bool {
    guard socket.state == .established, socket.retransmits >= 2, socket.sendQueue > 0 else { return false }
    let earlier = before.telling.first { $0.inode == socket.inode }
    return earlier.map { $0.sendQueue > 0 && $0.exchange?.bytesReceived == socket.exchange?.bytesReceived }
      ?? true
  }

  private static func silence(_ reading: StoreReading) -> StoreVerdict? {
    let attempts = reading.after.telling.filter { $0.state == .synSent && $0.retransmits > 0 }
    if let attempt = attempts.first {
      return StoreVerdict(
        .unreachable, .certain,
        [StoreEvidence(.socket, "no answer from \(attempt.remote): \(attempt.retransmits) attempts repeated")]
      )
    }
    if let socket = reading.after.telling.first(where: { isLost($0, reading.before) }) {
      return StoreVerdict(
        .unreachable, .certain,
        [
          StoreEvidence(
            .socket,
            "\(socket.remote) acknowledges nothing: \(socket.sendQueue) bytes sent \(socket.retransmits + 1) times"
          )
        ])
    }
    let hanging = reading.after.telling.first { hangs($0, reading.before) }
    guard let socket = hanging, let exchange = socket.exchange else { return nil }
    return StoreVerdict(
      .hangs, .certain,
      [StoreEvidence(.socket, "asked \(exchange.lastSentMs / 1000) s ago, no answer from \(socket.remote)")])
  }

  private static func refusal(_ reading: StoreReading) -> StoreVerdict? {
    let isOpen = reading.after.telling.contains { $0.state == .established || $0.state == .synSent }
    guard reading.areSocketsKnown, reading.holdsConnections, !isOpen else { return nil }
    var evidence: [StoreEvidence] = []
    if let closed = reading.after.telling.first(where: { $0.state == .closeWait }) {
      evidence.append(StoreEvidence(.socket, "closed by \(closed.remote), no other connection"))
    }
    if reading.counters.attemptFails > 0 {
      evidence.append(
        StoreEvidence(
          .counter, "\(connections(Int(clamping: reading.counters.attemptFails))) refused while looking"))
    }
    guard !evidence.isEmpty else { return nil }
    let said = reading.complaints.newest.first {
      $0.ageSeconds < reading.complaints.freshSeconds() && $0.state != nil
    }?.state
    return StoreVerdict(said ?? .refused, .likely, evidence)
  }

  // MARK: the log, and what is missing

  private static func log(_ reading: StoreReading) -> StoreVerdict? {
    // That a store cannot be reached ends with its next answer; that it is full, or refuses writes, does not.
    let unanswered = unanswered(reading)
    let fresh = reading.complaints.newest.filter {
      unanswered.contains($0)
        || $0.state == .degraded && $0.ageSeconds < reading.complaints.freshSeconds(isAnswered: true)
    }
    guard let newest = fresh.first else { return nil }
    let count = reading.complaints.count
    let times = count == 1 ? "" : " (\(count) times)"
    return StoreVerdict(
      fresh.first { $0.state != nil }?.state ?? .unreachable, .likely,
      [StoreEvidence(.log, "\(newest.ageSeconds) s ago: \(newest.text)\(times)")])
  }

  private static func absence(_ reading: StoreReading) -> StoreVerdict {
    let open = reading.after.establishedCount
    if let own = reading.own, own.condition == .listening {
      let text = "\(own.name) listens" + (open == 0 ? "" : ", \(connections(open))")
      return StoreVerdict(.ok, .likely, [StoreEvidence(.process, text)])
    }
    guard reading.areSocketsKnown else {
      return StoreVerdict(.unknown, .likely, [StoreEvidence(.socket, "its sockets cannot be read")])
    }
    guard open > 0 else {
      let text =
        reading.holdsConnections
        ? "no connection, and nothing says why" : "no connection; it connects on demand"
      return StoreVerdict(.unknown, .likely, [StoreEvidence(.socket, text)])
    }
    return StoreVerdict(.ok, .likely, [StoreEvidence(.socket, connections(open))])
  }

  /// The counters of the whole namespace; they name no peer, and so only go with other evidence.
  private static func counters(_ reading: StoreReading) -> [StoreEvidence] {
    let counters = reading.counters
    let words = [
      counters.attemptFails > 0 ? "\(counters.attemptFails) attempts failed" : nil,
      counters.establishedResets > 0 ? "\(counters.establishedResets) connections reset" : nil,
      counters.retransmitted > 0 ? "\(counters.retransmitted) segments sent again" : nil,
      counters.timeouts > 0 ? "\(counters.timeouts) time-outs" : nil,
      counters.givenUp > 0 ? "\(counters.givenUp) connections given up" : nil,
    ].compactMap { $0 }
    return words.isEmpty
      ? [] : [StoreEvidence(.counter, "its network, while looking: " + words.joined(separator: ", "))]
  }

  private static func connections(_ count: Int) -> String { "\(count) connection\(count == 1 ? "" : "s")" }

  private func adding(_ more: [StoreEvidence]) -> StoreVerdict {
    StoreVerdict(
      state, certainty, state.isFailure ? evidence + more.filter { !evidence.contains($0) } : evidence)
  }
}
