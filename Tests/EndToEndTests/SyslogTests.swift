import Glibc
import Testing

extension EndToEnd {
  @Suite("The system log") struct SyslogTests {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("each signal is one line that says who, what, where and why, and nothing else is written")
    func oneLineASignal() throws {
      let log = try SystemLogSocket()
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("status").status == 0)
      #expect(try tool("on", "api", "--dry-run").status == 0)
      #expect(log.lines() == [])

      let sudo = ["SUDO_USER": "alice", "SUDO_UID": "1000"]
      #expect(try tool("on", "api", "--reason", "INC-42 slow logins", environment: sudo).status == 0)
      // Already there: no signal, no line.
      #expect(try tool("on", "api").status == 0)
      #expect(try tool("revert").status == 0)
      let lines = log.lines()
      #expect(lines.count == 2)
      let on = try #require(lines.first)
      // Facility daemon, priority notice: syslog(3).
      #expect(on.hasPrefix("<29>"))
      #expect(on.contains(" placeos-loglevel"))
      #expect(on.contains("SIGUSR1 to api pid \(api.pid)"))
      #expect(on.contains("debug mode on switched (memory)"))
      #expect(on.contains("on by root for alice: INC-42 slow logins"))
      #expect(lines.last?.contains("debug mode off switched (memory), revert by root") == true)
    }

    @Test("one line for each process, with its container", .needsDocker)
    func containers() throws {
      let docker = Docker()
      let log = try SystemLogSocket()
      let api = try docker.start(.api, name: "rest-api", project: "\u{1b}[2J\nroot: forged")
      let triggers = try docker.start(.triggers, name: "triggers")
      #expect(try tool("toggle", "api", "triggers").status == 0)
      let lines = log.lines()
      #expect(lines.count == 2)
      for (line, container) in zip(lines, [api, triggers]) {
        #expect(line.contains("pid \(try container.mainPID()) in docker \(container.name): debug mode on"))
      }
    }

    @Test("no control character of a reason or of a user's name gets into it")
    func hostile() throws {
      let hostile = "\u{1b}[2J\u{9b}31m\u{7f}\r\n<0>kernel: forged"
      let log = try SystemLogSocket()
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let run = try tool("on", "api", "--reason", hostile, environment: ["SUDO_USER": hostile])
      #expect(run.status == 0)
      #expect(api.becomes(verbose: true))
      let lines = log.lines()
      #expect(lines.count == 1)
      let line = try #require(lines.first)
      #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(line.contains(#"\u{1b}[2J"#))
    }
  }
}

/// What listens on /dev/log for one test.
final class SystemLogSocket {
  private let descriptor: Int32
  private static let path = "/dev/log"

  struct Failure: Error { let code: Int32 }

  init() throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Self.path.utf8) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      let reason = errno
      close(descriptor)
      throw Failure(code: reason)
    }
  }

  deinit {
    close(descriptor)
    unlink(Self.path)
  }

  /// What the program has sent since this was asked last, a datagram each. It writes before it ends, so all
  /// of an ended run is there.
  func lines() -> [String] {
    var lines: [String] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count >= 0 else { return lines.filter { $0.contains("placeos-loglevel") } }
      lines.append(String(decoding: buffer.prefix(count), as: UTF8.self))
    }
  }
}
