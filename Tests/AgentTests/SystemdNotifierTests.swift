import Glibc
import Testing

@testable import Agent

@Suite("What the service manager is told") struct SystemdNotifierTests {
  @Test("the watchdog is fed at half its time, if it is this process's")
  func watchdog() {
    func watchdog(_ environment: [String: String]) -> Duration? {
      SystemdNotifier(environment: environment.merging(["NOTIFY_SOCKET": "/run/x"]) { $1 }, pid: 7).watchdog
    }
    #expect(watchdog([:]) == nil)
    #expect(watchdog(["WATCHDOG_USEC": "60000000"]) == .seconds(30))
    #expect(watchdog(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"]) == .seconds(30))
    #expect(watchdog(["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"]) == nil)
    for word in ["", "x", "0", "-1", "9223372036854775807"] {
      #expect(watchdog(["WATCHDOG_USEC": word]) == nil)
    }
    #expect(SystemdNotifier(environment: ["WATCHDOG_USEC": "60000000"], pid: 7).watchdog == nil)
  }

  @Test(
    "it gets datagrams on a socket in the file system, and on an abstract one", arguments: ["/tmp/", "@"])
  func datagrams(_ prefix: String) throws {
    let name = "\(prefix)placeos-loglevel-notify-\(getpid())"
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(name.utf8)
    if prefix == "@" { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    try #require(listener >= 0)
    defer {
      close(listener)
      if prefix != "@" { unlink(name) }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
    }
    try #require(bound == 0)
    SystemdNotifier(environment: ["NOTIFY_SOCKET": name]).notify("READY=1", "STATUS=well")
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = recv(listener, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1\nSTATUS=well")
  }

  @Test("where nobody listens nothing is told, and nothing fails")
  func nobody() {
    for name in ["", "relative", "/nonexistent/socket", String(repeating: "/x", count: 60)] {
      SystemdNotifier(environment: ["NOTIFY_SOCKET": name]).notify("READY=1")
    }
  }
}
