import Text

/// What sock_diag(7) answers to a request for the TCP sockets of a namespace.
public struct SocketMessages: Hashable, Sendable {
  public private(set) var sockets: [TCPSocket] = []
  /// Whether the last of the messages was seen.
  public private(set) var isWhole = false
  /// The error number in the kernel's answer.
  public private(set) var errorNumber: Int32?

  /// Parses a datagram of netlink(7): messages in a row, each padded to a multiple of four bytes.
  public init(parsing bytes: [UInt8]) {
    bytes.withUnsafeBytes { raw in
      var offset = 0
      while offset + 16 <= raw.count {
        let length = Int(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let type = raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
        guard length >= 16, offset + length <= raw.count else { return }
        let body = UnsafeRawBufferPointer(rebasing: raw[(offset + 16)..<(offset + length)])
        switch type {
        case 3: isWhole = true  // NLMSG_DONE
        case 2:  // NLMSG_ERROR
          errorNumber = body.count >= 4 ? -body.loadUnaligned(as: Int32.self) : 0
        case 20: if let socket = Self.socket(body) { sockets.append(socket) }
        default: break
        }
        offset += (length + 3) & ~3
      }
    }
  }

  /// A `struct inet_diag_msg` of 72 bytes and attributes, of which INET_DIAG_INFO (2) is a `struct tcp_info`.
  private static func socket(_ body: UnsafeRawBufferPointer) -> TCPSocket? {
    guard body.count >= 72, let state = TCPSocket.State(rawValue: body[1]) else { return nil }
    let length = body[0] == 2 ? 4 : 16
    func endpoint(port: Int, address: Int) -> NetworkEndpoint {
      NetworkEndpoint(
        bytes: UnsafeRawBufferPointer(rebasing: body[address..<(address + length)]),
        port: UInt16(body[port]) << 8 | UInt16(body[port + 1]))
    }
    var exchange: TCPSocket.Exchange?
    var offset = 72
    while offset + 4 <= body.count {
      let size = Int(body.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      let type = body.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
      guard size >= 4, offset + size <= body.count else { break }
      // bytes_received exists since Linux 4.1.
      if type == 2, size >= 4 + 136 {
        let info = offset + 4
        exchange = TCPSocket.Exchange(
          lastSentMs: body.loadUnaligned(fromByteOffset: info + 44, as: UInt32.self),
          lastReceivedMs: body.loadUnaligned(fromByteOffset: info + 52, as: UInt32.self),
          bytesReceived: body.loadUnaligned(fromByteOffset: info + 128, as: UInt64.self))
      }
      offset += (size + 3) & ~3
    }
    return TCPSocket(
      state: state, local: endpoint(port: 4, address: 8), remote: endpoint(port: 6, address: 24),
      receiveQueue: body.loadUnaligned(fromByteOffset: 56, as: UInt32.self),
      sendQueue: body.loadUnaligned(fromByteOffset: 60, as: UInt32.self), retransmits: body[3],
      inode: UInt64(body.loadUnaligned(fromByteOffset: 68, as: UInt32.self)), exchange: exchange)
  }

  /// A request for all TCP sockets of a family in these states, one bit each: `struct inet_diag_req_v2`.
  public static func request(family: UInt8, states: UInt32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 72)
    bytes.withUnsafeMutableBytes { raw in
      raw.storeBytes(of: 72, toByteOffset: 0, as: UInt32.self)
      raw.storeBytes(of: 20, toByteOffset: 4, as: UInt16.self)
      // NLM_F_REQUEST | NLM_F_DUMP
      raw.storeBytes(of: 0x301, toByteOffset: 6, as: UInt16.self)
      raw.storeBytes(of: family, toByteOffset: 16, as: UInt8.self)
      raw.storeBytes(of: 6, toByteOffset: 17, as: UInt8.self)
      // INET_DIAG_INFO, as a bit.
      raw.storeBytes(of: 2, toByteOffset: 18, as: UInt8.self)
      raw.storeBytes(of: states, toByteOffset: 20, as: UInt32.self)
    }
    return bytes
  }
}
