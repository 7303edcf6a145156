import PlaceOS
import Processes

extension StoreVerdict {
  /// Judges what was read. The store's own side comes first, then its answers, then what the process's sockets show
  /// against it, then its log; what is missing proves little.
  public init(_ reading: StoreReading) {
    let against = Self.log(reading)
    let verdict =
      Self.own(reading) ?? Self.answers(reading, against) ?? Self.silence(reading) ?? Self.refusal(reading)
      ?? against ?? Self.absence(reading)
    self = verdict.adding(against?.evidence ?? [])
  }

  /// How young a complaint must be to count against a store that gives no sign of its own, seconds. The services repeat
  /// themselves every 30 s at most.
  private static let freshSeconds: Int64 = 45

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
      guard !reading.after.contains(where: { $0.state == .established }) else { return nil }
      return StoreVerdict(
        .refused, .certain, [StoreEvidence(.process, "nothing listens there (\(own.name))")])
    case .listening:
      guard own.backlog > 0, own.waiting > own.backlog else { return nil }
      return StoreVerdict(
        .hangs, .certain,
        [StoreEvidence(.process, "\(own.name) accepts no connections: \(own.waiting) wait")])
    }
  }

  private static func answers(_ reading: StoreReading, _ against: StoreVerdict?) -> StoreVerdict? {
    let answered = reading.after.filter { socket in
      guard socket.state == .established, let exchange = socket.exchange else { return false }
      return exchange.bytesReceived > 0 && !hangs(socket, reading.before)
    }
    guard let last = answered.compactMap(\.exchange).map(\.lastReceivedMs).min() else { return nil }
    let count = answered.count
    let evidence = StoreEvidence(
      .socket, "\(count) connection\(count == 1 ? "" : "s"), last answer \(last / 1000) s ago")
    // What the store says of itself, though it answers.
    if let against, against.state == .degraded { return against.adding([evidence]) }
    // An answer that is older than the services' heartbeats clears nothing; by itself it proves nothing either.
    guard last < 12_000 else { return nil }
    return StoreVerdict(.ok, .certain, [evidence])
  }

  /// Something was sent more than a second ago, after the last answer, and there is none; so at both looks.
  private static func hangs(_ socket: TCPSocket, _ before: [TCPSocket]) -> Bool {
    guard let exchange = socket.exchange, socket.state == .established else { return false }
    guard exchange.lastSentMs > 1000, exchange.lastReceivedMs > exchange.lastSentMs + 100 else {
      return false
    }
    return before.contains {
      $0.inode == socket.inode && $0.exchange?.bytesReceived == exchange.bytesReceived
    }
  }

  private static func silence(_ reading: StoreReading) -> StoreVerdict? {
    let attempts = reading.after.filter { $0.state == .synSent && $0.retransmits > 0 }
    if let attempt = attempts.first {
      return StoreVerdict(
        .unreachable, .certain,
        [StoreEvidence(.socket, "no answer from \(attempt.remote): \(attempt.retransmits) attempts repeated")]
      )
    }
    let lost = reading.after.filter {
      $0.state == .established && $0.retransmits >= 2 && $0.sendQueue > 0
    }
    if let socket = lost.first {
      return StoreVerdict(
        .unreachable, .certain,
        [
          StoreEvidence(
            .socket,
            "\(socket.remote) acknowledges nothing: \(socket.sendQueue) bytes sent \(socket.retransmits + 1) times"
          )
        ])
    }
    let hanging = reading.after.filter { hangs($0, reading.before) }
    guard let socket = hanging.first, let exchange = socket.exchange else { return nil }
    return StoreVerdict(
      .hangs, .certain,
      [StoreEvidence(.socket, "asked \(exchange.lastSentMs / 1000) s ago, no answer from \(socket.remote)")])
  }

  private static func refusal(_ reading: StoreReading) -> StoreVerdict? {
    let isOpen = reading.after.contains { $0.state == .established || $0.state == .synSent }
    guard reading.areSocketsKnown, reading.holdsConnections, !isOpen else { return nil }
    let closed = reading.after.filter { $0.state == .closeWait }
    var evidence: [StoreEvidence] = []
    if !closed.isEmpty {
      evidence.append(StoreEvidence(.socket, "closed by \(closed[0].remote), no other connection"))
    }
    if reading.failedAttempts > 0 {
      evidence.append(StoreEvidence(.counter, "\(reading.failedAttempts) connections refused while looking"))
    }
    guard !evidence.isEmpty else { return nil }
    let said = reading.complaints.first { $0.ageSeconds < freshSeconds && $0.state != nil }?.state
    return StoreVerdict(said ?? .refused, .likely, evidence)
  }

  private static func log(_ reading: StoreReading) -> StoreVerdict? {
    // A connection that was there at both looks proves that those are over who could not reach it.
    let kept = Set(reading.before.filter { $0.state == .established }.map(\.inode))
    let isConnected = reading.after.contains { $0.state == .established && kept.contains($0.inode) }
    let fresh = reading.complaints.filter {
      $0.ageSeconds < freshSeconds && !(isConnected && ($0.state == .refused || $0.state == .unresolved))
    }
    guard let newest = fresh.first else { return nil }
    let count = reading.complaints.count
    let times = count == 1 ? "" : " (\(count) times)"
    return StoreVerdict(
      fresh.first { $0.state != nil }?.state ?? .unreachable, .likely,
      [StoreEvidence(.log, "\(newest.ageSeconds) s ago: \(newest.text)\(times)")])
  }

  private static func absence(_ reading: StoreReading) -> StoreVerdict {
    let open = reading.after.filter { $0.state == .established }
    if let own = reading.own, own.condition == .listening {
      let text = "\(own.name) listens" + (open.isEmpty ? "" : ", \(open.count) connections")
      return StoreVerdict(.ok, .likely, [StoreEvidence(.process, text)])
    }
    guard reading.areSocketsKnown else {
      return StoreVerdict(.unknown, .likely, [StoreEvidence(.socket, "its sockets cannot be read")])
    }
    guard !open.isEmpty else {
      let text =
        reading.holdsConnections
        ? "no connection, and nothing says why" : "no connection; it connects on demand"
      return StoreVerdict(.unknown, .likely, [StoreEvidence(.socket, text)])
    }
    return StoreVerdict(
      .ok, .likely, [StoreEvidence(.socket, "\(open.count) connection\(open.count == 1 ? "" : "s")")])
  }

  private func adding(_ more: [StoreEvidence]) -> StoreVerdict {
    StoreVerdict(
      state, certainty, state.isFailure ? evidence + more.filter { !evidence.contains($0) } : evidence)
  }
}
