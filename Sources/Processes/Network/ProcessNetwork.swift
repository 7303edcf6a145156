import Glibc
import SystemPackage
import Text

extension ProcessDirectory {
  /// Counters of the process's network namespace.
  public func networkCounters() throws(HostError) -> NetworkCounters {
    let bytes = try bytes(of: "net/snmp", limitBytes: 64 << 10)
    let extended = try? self.bytes(of: "net/netstat", limitBytes: 64 << 10)
    do { return try NetworkCounters(parsing: bytes, extended: extended ?? []) } catch {
      throw .malformed(path: path.appending("net/snmp"), reason: error.reason)
    }
  }

  /// The inodes of the process's open sockets; `nil` if it has more descriptors than are looked at.
  public func socketInodes(limit: Int = 1 << 16) throws(HostError) -> Set<UInt64>? {
    let numbers: [Int32]
    do { numbers = try entries(of: "fd", limit: limit) } catch {
      if case .tooLarge = error { return nil }
      throw error
    }
    var inodes: Set<UInt64> = []
    for number in numbers {
      // A descriptor closed meanwhile is skipped; a missing right is an error, not an empty set.
      guard let target = try link("fd/\(number)"), target.hasPrefix("socket:[") else { continue }
      if let inode = UInt64(target.dropFirst(8).dropLast()) { inodes.insert(inode) }
    }
    return inodes
  }

  /// The addresses of the process's network namespace.
  public func localAddresses() throws(HostError) -> LocalAddresses {
    let trie = try bytes(of: "net/fib_trie", limitBytes: 4 << 20)
    // Without IPv6 the file does not exist.
    return LocalAddresses(
      parsing: trie, interfaces: (try? bytes(of: "net/if_inet6", limitBytes: 1 << 20)) ?? [])
  }

  /// The inode of its network namespace, namespaces(7).
  public func networkNamespace() throws(HostError) -> UInt64? {
    guard let target = try link("ns/net"), target.hasPrefix("net:[") else { return nil }
    return UInt64(target.dropFirst(5).dropLast())
  }

  /// The TCP sockets of the process's network namespace, without those in TIME_WAIT.
  ///
  /// Enters the namespace for good: call this in a child (``ReaderProcess``). Without CAP_SYS_ADMIN it
  /// falls back to `/proc/PID/net/tcp`, which does not say when a peer last answered.
  ///
  /// - Throws: `.tooLarge` if there are more than the limit.
  public func sockets(states: UInt32 = 0xFFF & ~(1 << 6)) throws(HostError) -> [TCPSocket] {
    if let sockets = try? socketsBySocketDiag(states) { return sockets }
    var sockets: [TCPSocket] = []
    for name in ["net/tcp", "net/tcp6"] {
      do {
        sockets += TCPSocket.table(parsing: try bytes(of: name, limitBytes: 32 << 20))
      } catch {
        // No IPv6 here.
        if name == "net/tcp6", error.isProcessGone { continue }
        throw error
      }
    }
    return sockets.filter { states & (1 << UInt32($0.state.rawValue)) != 0 }
  }

  private func socketsBySocketDiag(_ states: UInt32) throws(HostError) -> [TCPSocket] {
    try enterNetwork()
    // NETLINK_SOCK_DIAG
    let socket = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 4)
    guard socket >= 0 else { throw .call("socket", Errno(rawValue: errno)) }
    defer { close(socket) }
    var sockets: [TCPSocket] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    for family in [UInt8(AF_INET), UInt8(AF_INET6)] {
      let request = SocketMessages.request(family: family, states: states)
      guard send(socket, request, request.count, 0) == request.count else {
        throw .call("send", Errno(rawValue: errno))
      }
      while true {
        let count = recv(socket, &buffer, buffer.count, 0)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .call("recv", Errno(rawValue: errno)) }
        let messages = SocketMessages(parsing: Array(buffer[..<count]))
        sockets += messages.sockets
        if let number = messages.errorNumber { throw .call("recv", Errno(rawValue: number)) }
        guard sockets.count <= 200_000 else {
          throw .tooLarge(path: path.appending("net/tcp"), limitBytes: 200_000)
        }
        if messages.isWhole { break }
      }
    }
    return sockets
  }
}
