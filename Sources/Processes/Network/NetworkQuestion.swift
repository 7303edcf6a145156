import CLinux
import Glibc
import SystemPackage
import Text

/// One question over TCP, with a time limit; from the network namespace that the calling thread is in.
public enum NetworkQuestion {
  /// Why there is no answer.
  public enum Failure: Error, Hashable, Sendable {
    /// ECONNREFUSED
    case refused
    /// The network says that there is no route.
    case unreachable(Errno)
    /// Nothing came in time, not even a connection.
    case noConnection
    /// It is connected, and says nothing.
    case silent
    /// It was connected, and was closed without a word.
    case closed
  }

  /// Connects, sends, and reads until the answer is complete, the peer closes, or the time is up.
  ///
  /// - Parameters:
  ///   - address: 4 bytes, or 16.
  ///   - limitBytes: at most this much is read.
  ///   - isWhole: whether these bytes are the complete answer.
  /// - Returns: the bytes received, at least one.
  public static func ask(
    _ address: [UInt8], port: UInt16, _ question: [UInt8], within time: Duration, limitBytes: Int = 16 << 10,
    isWhole: ([UInt8]) -> Bool
  ) throws(Failure) -> [UInt8] {
    let end = BootTime.now() + time
    let family = address.count == 4 ? AF_INET : AF_INET6
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = socket(family, kind, 0)
    guard socket >= 0 else { throw .unreachable(Errno(rawValue: errno)) }
    defer { close(socket) }
    if connect(socket, address, port) != 0, errno != EINPROGRESS { throw failure(errno) }
    guard awaits(socket, POLLOUT, end) else { throw .noConnection }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0, code == 0 else { throw failure(code) }
    guard question.isEmpty || send(socket, question, question.count, Int32(MSG_NOSIGNAL)) == question.count
    else { throw .closed }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while answer.count < limitBytes, !isWhole(answer) {
      guard awaits(socket, POLLIN, end) else {
        guard answer.isEmpty else { return answer }
        throw .silent
      }
      let count = recv(socket, &buffer, buffer.count, 0)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { break }
      answer += buffer[..<count]
    }
    guard !answer.isEmpty else { throw .closed }
    return answer
  }

  private static func failure(_ code: Int32) -> Failure {
    code == ECONNREFUSED ? .refused : code == ETIMEDOUT ? .noConnection : .unreachable(Errno(rawValue: code))
  }

  /// connect(2), ip(7), ipv6(7)
  private static func connect(_ socket: Int32, _ address: [UInt8], _ port: UInt16) -> Int32 {
    address.withUnsafeBytes { bytes in
      if bytes.count == 4 {
        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = port.bigEndian
        peer.sin_addr.s_addr = bytes.loadUnaligned(as: UInt32.self)
        return withUnsafePointer(to: &peer) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
      }
      var peer = sockaddr_in6()
      peer.sin6_family = sa_family_t(AF_INET6)
      peer.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &peer.sin6_addr) {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(16)))
      }
      return withUnsafePointer(to: &peer) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    }
  }

  /// Waits for the socket; `false` if the time is up.
  private static func awaits(_ socket: Int32, _ events: Int32, _ end: BootTime) -> Bool {
    while true {
      let restMs = (end - .now()).nanoseconds / 1_000_000
      guard restMs > 0 else { return false }
      var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
      let count = poll(&entry, 1, Int32(clamping: restMs))
      if count > 0 { return true }
      if count < 0, errno != EINTR { return false }
    }
  }
}

extension ProcessDirectory {
  /// Moves the calling thread into the process's network namespace for good: call this in a child
  /// (``ReaderProcess``). Needs CAP_SYS_ADMIN; setns(2).
  public func enterNetwork() throws(HostError) {
    let file = openat(descriptor.rawValue, "ns/net", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .unreadable(path: path.appending("ns/net"), Errno(rawValue: errno)) }
    defer { close(file) }
    guard clinux_enter_network(file) == 0 else { throw .call("setns", Errno(rawValue: errno)) }
  }

  /// The name servers that the process's namespace has UDP sockets connected to, by the inode of the
  /// socket; `/proc/PID/net/udp` and `udp6`, proc_pid_net(5). A resolver has one while it waits for an
  /// answer.
  public func nameQueries() throws(HostError) -> [UInt64: NetworkEndpoint] {
    var queries: [UInt64: NetworkEndpoint] = [:]
    for name in ["net/udp", "net/udp6"] {
      guard let bytes = try? bytes(of: name, limitBytes: 4 << 20) else { continue }
      for socket in TCPSocket.table(parsing: bytes)
      where socket.state == .established && socket.remote.port == 53 {
        queries[socket.inode] = socket.remote
      }
    }
    return queries
  }
}
