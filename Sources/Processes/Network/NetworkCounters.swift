import Text

/// Counters of a network namespace since it was made; proc_pid_net(5), and the kernel's
/// `Documentation/networking/snmp_counter.rst`.
public struct NetworkCounters: Hashable, Sendable {
  /// Connections that could not be made: refused, or given up.
  public var attemptFails: UInt64 = 0
  /// Connections that were reset.
  public var establishedResets: UInt64 = 0
  /// Segments sent again.
  public var retransmitted: UInt64 = 0
  /// Times that nothing was acknowledged in time.
  public var timeouts: UInt64 = 0
  /// Connections given up after many such times.
  public var givenUp: UInt64 = 0
  /// Connections to a listening socket that found its queue full.
  public var listenOverflows: UInt64 = 0

  public init() {}

  /// Parses `/proc/PID/net/snmp` and `/proc/PID/net/netstat`: each has a line of names and a line of numbers.
  ///
  ///     Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets …
  ///     Tcp: 1 200 120000 -1 7 0 3 0 …
  ///     TcpExt: SyncookiesSent … ListenOverflows … TCPTimeouts … TCPAbortOnTimeout …
  ///     TcpExt: 0 … 0 … 12 … 1 …
  ///
  /// - Parameter extended: without it the last three counters stay at 0; a kernel may not have all of them.
  public init(parsing snmp: [UInt8], extended: [UInt8]) throws(ParseError) {
    let basic = Self.pairs("Tcp:", in: snmp)
    guard let fails = basic["AttemptFails"], let resets = basic["EstabResets"],
      let retransmitted = basic["RetransSegs"]
    else { throw ParseError("no AttemptFails, EstabResets and RetransSegs") }
    (attemptFails, establishedResets, self.retransmitted) = (fails, resets, retransmitted)
    let more = Self.pairs("TcpExt:", in: extended)
    timeouts = more["TCPTimeouts"] ?? 0
    givenUp = more["TCPAbortOnTimeout"] ?? 0
    listenOverflows = more["ListenOverflows"] ?? 0
  }

  private static func pairs(_ group: String, in bytes: [UInt8]) -> [String: UInt64] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
      .map { $0.split(separator: UInt8(ascii: " ")) }
      .filter { $0.first?.elementsEqual(group.utf8) ?? false }
    guard lines.count == 2 else { return [:] }
    var pairs: [String: UInt64] = [:]
    // Some numbers are negative; none of those wanted is.
    for (name, value) in zip(lines[0], lines[1]).dropFirst() {
      if let number = UInt64(ascii: value) { pairs[String(decoding: name, as: UTF8.self)] = number }
    }
    return pairs
  }

  /// The counts since an earlier look; a counter that went back (another namespace) counts as 0.
  public func since(_ earlier: NetworkCounters) -> NetworkCounters {
    func more(_ counter: KeyPath<NetworkCounters, UInt64>) -> UInt64 {
      let (now, before) = (self[keyPath: counter], earlier[keyPath: counter])
      return now > before ? now - before : 0
    }
    var grown = NetworkCounters()
    grown.attemptFails = more(\.attemptFails)
    grown.establishedResets = more(\.establishedResets)
    grown.retransmitted = more(\.retransmitted)
    grown.timeouts = more(\.timeouts)
    grown.givenUp = more(\.givenUp)
    grown.listenOverflows = more(\.listenOverflows)
    return grown
  }
}

extension NetworkCounters: Message {
  public func write(to message: inout MessageWriter) {
    message.write(
      attemptFails, establishedResets, retransmitted, timeouts, givenUp, listenOverflows)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    attemptFails = try message.read()
    establishedResets = try message.read()
    retransmitted = try message.read()
    timeouts = try message.read()
    givenUp = try message.read()
    listenOverflows = try message.read()
  }
}
