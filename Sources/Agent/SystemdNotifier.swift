import Glibc
import Text

/// Messages to the service manager that started the agent, sd_notify(3): datagrams to the socket that
/// `NOTIFY_SOCKET` names. Without one nothing is sent.
struct SystemdNotifier {
  private let address: [UInt8]?
  /// How often it wants a sign of life: half the time it allows, as sd_watchdog_enabled(3)
  /// advises.
  let watchdog: Duration?

  init(environment: [String: String], pid: Int32 = getpid()) {
    // An address that begins with @ is an abstract one, unix(7): its first byte is 0.
    let address: [UInt8]? = environment["NOTIFY_SOCKET"].flatMap { name in
      var bytes = Array(name.utf8)
      guard let first = bytes.first, bytes.count < Self.capacity else { return nil }
      if first == UInt8(ascii: "@") { bytes[0] = 0 }
      return first == UInt8(ascii: "@") || first == UInt8(ascii: "/") ? bytes : nil
    }
    self.address = address
    let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
    let allowedUs = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
    watchdog = allowedUs.flatMap { us in
      isOurs && address != nil && us > 0 && us < .max / 1000 ? .microseconds(us) / 2 : nil
    }
  }

  private static let capacity = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

  /// Sends assignments such as `READY=1`. A manager that does not listen, or does not read, stops nothing.
  func notify(_ assignments: String...) {
    guard let address else { return }
    let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: address) }
    let message = Array(assignments.joined(separator: "\n").utf8)
    // The length says where an abstract name ends; a path's may include its NUL or not.
    let length = socklen_t(MemoryLayout<sa_family_t>.size + address.count)
    _ = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(socket, message, message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), $0, length)
      }
    }
  }
}
