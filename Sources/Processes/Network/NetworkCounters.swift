import Text

/// Counters of a network namespace since it was made.
public struct NetworkCounters: Hashable, Sendable, Codable {
  /// Connections that could not be made.
  public let attemptFails: UInt64
  /// Connections that were reset.
  public let establishedResets: UInt64

  public init(attemptFails: UInt64, establishedResets: UInt64) {
    self.attemptFails = attemptFails
    self.establishedResets = establishedResets
  }

  /// Parses `/proc/PID/net/snmp`: a line of names, and a line of numbers; proc_pid_net(5).
  ///
  ///     Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets …
  ///     Tcp: 1 200 120000 -1 7 0 3 0 …
  public init(parsing bytes: [UInt8]) throws(ParseError) {
    let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: "Tcp: ".utf8) }
    guard lines.count == 2 else { throw ParseError("no two lines of Tcp") }
    let fields = lines.map { $0.split(separator: UInt8(ascii: " ")) }
    func value(_ name: String) -> UInt64? {
      guard let index = fields[0].firstIndex(where: { $0.elementsEqual(name.utf8) }), index < fields[1].count
      else { return nil }
      return UInt64(ascii: fields[1][index])
    }
    guard let fails = value("AttemptFails"), let resets = value("EstabResets") else {
      throw ParseError("no AttemptFails and EstabResets")
    }
    self.init(attemptFails: fails, establishedResets: resets)
  }
}
