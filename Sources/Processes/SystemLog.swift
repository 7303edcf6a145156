import Glibc
import Text

/// The system log: datagrams to the socket `/dev/log`, as syslog(3) sends them, with facility daemon and priority notice.
///
/// Unlike syslog(3) it never waits: a socket that somebody has bound and does not read would block this
/// program, and what it has to take back, for ever.
public struct SystemLog: ~Copyable {
  private let socket: Int32

  /// Where the system log listens.
  public static let path = "/dev/log"

  public init(path: String = SystemLog.path) {
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8.prefix(MemoryLayout.size(ofValue: name.sun_path) - 1))
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
    // If nobody listens, sending fails, and the error is reported there.
    _ = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  deinit { close(socket) }

  /// Writes one line of printable text.
  ///
  /// - Returns: whether it was sent. If nobody listens, nothing is lost.
  public func write(_ line: String, at moment: WallTime) -> Bool {
    var seconds = time_t(moment.nanoseconds / 1_000_000_000)
    var local = tm()
    localtime_r(&seconds, &local)
    var time = [CChar](repeating: 0, count: 32)
    strftime(&time, time.count, "%b %e %H:%M:%S", &local)
    let text = String(decoding: time.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    // LOG_DAEMON is 3, LOG_NOTICE 5; syslog(3).
    let message = Array("<\(3 << 3 | 5)>\(text) placeos-loglevel: \(line)".utf8)
    let sent = send(socket, message, message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    return sent >= 0 || [ENOTCONN, ECONNREFUSED, ENOENT, EDESTADDRREQ].contains(errno)
  }
}
