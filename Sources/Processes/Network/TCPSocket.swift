import Text

/// A TCP socket of a network namespace, as the kernel reports it.
public struct TCPSocket: Hashable, Sendable {
  /// The numbers of `enum` in the kernel's `include/net/tcp_states.h`.
  public enum State: UInt8, Sendable {
    case established = 1
    case synSent, synReceived, finWait1, finWait2, timeWait, close, closeWait, lastAck, listen, closing
  }

  /// What only sock_diag(7) reports, from `struct tcp_info`.
  public struct Exchange: Hashable, Sendable {
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
  /// Bytes that the process has not read; for a listening socket: connections it has not accepted.
  public let receiveQueue: UInt32
  /// Bytes that the peer has not acknowledged; for a listening socket: how many may wait (sock_diag only).
  public let sendQueue: UInt32
  /// Retransmissions of unacknowledged data.
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

/// An address and a port. A look can have tens of thousands, so it is stored inline, without an array.
public struct NetworkEndpoint: Hashable, Sendable, CustomStringConvertible {
  /// The bytes of the address in order, the first in the lowest bits; with 4 bytes the rest is 0.
  private let (low, high): (UInt64, UInt64)
  private let isShort: Bool
  public let port: UInt16

  /// - Parameter address: 4 bytes, or 16; an IPv4 address inside IPv6 (`::ffff:10.0.0.1`) has 4.
  public init(address: [UInt8], port: UInt16) {
    self = address.withUnsafeBytes { NetworkEndpoint(bytes: $0, port: port) }
  }

  init(bytes: UnsafeRawBufferPointer, port: UInt16) {
    func word(_ start: Int) -> UInt64 {
      var word: UInt64 = 0
      for offset in 0..<8 where start + offset < bytes.count {
        word |= UInt64(bytes[start + offset]) << UInt64(8 * offset)
      }
      return word
    }
    let (first, second) = (word(0), word(8))
    self.port = port
    if bytes.count == 16, first == 0, second & 0xFFFF_FFFF == 0xFFFF_0000 {
      (low, high, isShort) = (second >> 32, 0, true)
    } else {
      (low, high, isShort) = (first, second, bytes.count == 4)
    }
  }

  /// 4 bytes, or 16.
  public var address: [UInt8] {
    (0..<(isShort ? 4 : 16)).map { UInt8(truncatingIfNeeded: ($0 < 8 ? low : high) >> UInt64(8 * ($0 & 7))) }
  }

  /// Whether it is the wildcard address.
  public var isAny: Bool { low == 0 && high == 0 }

  public var description: String {
    let address = address
    if isShort { return address.map(String.init).joined(separator: ".") + ":\(port)" }
    let groups = stride(from: 0, to: 16, by: 2).map {
      String(UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]), radix: 16)
    }
    return "[" + groups.joined(separator: ":") + "]:\(port)"
  }
}

extension TCPSocket {
  /// Parses `/proc/PID/net/tcp` or `tcp6`, proc_pid_net(5), skipping lines that are not sockets. A real line:
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

  /// The address is in words of four bytes, each in the machine's own byte order.
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
