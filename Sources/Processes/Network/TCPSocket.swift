import Text

/// A TCP socket of a network namespace, as the kernel tells of it.
public struct TCPSocket: Hashable, Sendable, Codable {
  /// The numbers of `enum` in the kernel's `include/net/tcp_states.h`.
  public enum State: UInt8, Sendable, Codable {
    case established = 1
    case synSent, synReceived, finWait1, finWait2, timeWait, close, closeWait, lastAck, listen, closing
  }

  /// What only sock_diag(7) tells, of `struct tcp_info`.
  public struct Exchange: Hashable, Sendable, Codable {
    /// Milliseconds since data was last sent, and received.
    public let lastSentMs: UInt32
    public let lastReceivedMs: UInt32
    public let bytesReceived: UInt64

    public init(lastSentMs: UInt32, lastReceivedMs: UInt32, bytesReceived: UInt64) {
      self.lastSentMs = lastSentMs
      self.lastReceivedMs = lastReceivedMs
      self.bytesReceived = bytesReceived
    }
  }

  public let state: State
  public let local: NetworkEndpoint
  public let remote: NetworkEndpoint
  /// Bytes that the process has not read; of a listening socket: connections that it has not accepted.
  public let receiveQueue: UInt32
  /// Bytes that the peer has not acknowledged; of a listening socket: how many connections may wait (sock_diag only).
  public let sendQueue: UInt32
  /// Retransmissions of what is not acknowledged.
  public let retransmits: UInt8
  public let inode: UInt64
  public let exchange: Exchange?

  public init(
    state: State, local: NetworkEndpoint, remote: NetworkEndpoint, receiveQueue: UInt32 = 0,
    sendQueue: UInt32 = 0, retransmits: UInt8 = 0, inode: UInt64, exchange: Exchange? = nil
  ) {
    self.state = state
    self.local = local
    self.remote = remote
    self.receiveQueue = receiveQueue
    self.sendQueue = sendQueue
    self.retransmits = retransmits
    self.inode = inode
    self.exchange = exchange
  }
}

/// An address and a port.
public struct NetworkEndpoint: Hashable, Sendable, Codable, CustomStringConvertible {
  /// 4 bytes, or 16; an IPv4 address inside IPv6 (`::ffff:10.0.0.1`) has 4.
  public let address: [UInt8]
  public let port: UInt16

  public init(address: [UInt8], port: UInt16) {
    let isMapped =
      address.count == 16 && address[..<10].allSatisfy { $0 == 0 } && address[10] == 255 && address[11] == 255
    self.address = isMapped ? Array(address[12...]) : address
    self.port = port
  }

  /// Whether it stands for every address.
  public var isAny: Bool { address.allSatisfy { $0 == 0 } }

  public var description: String {
    if address.count == 4 { return address.map(String.init).joined(separator: ".") + ":\(port)" }
    let groups = stride(from: 0, to: address.count - 1, by: 2).map {
      String(UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]), radix: 16)
    }
    return "[" + groups.joined(separator: ":") + "]:\(port)"
  }
}

extension TCPSocket {
  /// Parses `/proc/PID/net/tcp` or `tcp6`, proc_pid_net(5). Lines that say nothing of a socket are left out. A real line:
  ///
  ///        0: 0100007F:1A0A 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 20661 1 …
  public static func table(parsing bytes: [UInt8]) -> [TCPSocket] {
    bytes.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true)
      guard fields.count > 9, let local = endpoint(fields[1]), let remote = endpoint(fields[2]),
        let state = hexadecimal(fields[3]).flatMap({ State(rawValue: UInt8(clamping: $0)) }),
        let colon = fields[4].firstIndex(of: UInt8(ascii: ":")),
        let send = hexadecimal(fields[4][..<colon]), let receive = hexadecimal(fields[4][(colon + 1)...]),
        let retransmits = hexadecimal(fields[6]), let inode = UInt64(ascii: fields[9])
      else { return nil }
      return TCPSocket(
        state: state, local: local, remote: remote, receiveQueue: UInt32(clamping: receive),
        sendQueue: UInt32(clamping: send), retransmits: UInt8(clamping: retransmits), inode: inode)
    }
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    guard (1...16).contains(bytes.count) else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      guard let digit = byte.hexadecimalValue else { return nil }
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  /// The address stands in words of four bytes, each in the machine's own order.
  private static func endpoint(_ field: ArraySlice<UInt8>) -> NetworkEndpoint? {
    guard let colon = field.firstIndex(of: UInt8(ascii: ":")),
      let port = hexadecimal(field[(colon + 1)...]), port <= 0xFFFF
    else { return nil }
    let digits = Array(field[..<colon])
    guard digits.count == 8 || digits.count == 32 else { return nil }
    var address: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 8) {
      guard let word = hexadecimal(digits[start..<(start + 8)]) else { return nil }
      withUnsafeBytes(of: UInt32(word)) { address += $0 }
    }
    return NetworkEndpoint(address: address, port: UInt16(port))
  }
}
