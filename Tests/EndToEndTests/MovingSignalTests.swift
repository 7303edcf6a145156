import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// A signal goes from the kernel into the process's own pipe, and from there into what it changes. Whoever looks the
  /// other way round misses one that moves on meanwhile, takes it for lost, and sends a second.
  @Suite("A signal that moves while it is looked for") struct MovingSignal {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test(
      "the last look before a signal goes the way that signals go",
      arguments: ["toggle-static", "latch-static"])
    func order(_ fixture: String) throws {
      let api = try StandIn(fixture, as: "rest-api", in: scratch)
      let trace = scratch("trace")
      var traced = tool
      traced.through = [
        "/usr/bin/strace", "-f", "-qq", "-y", "-o", trace, "-e", "signal=none", "-e",
        "trace=openat,ioctl,process_vm_readv,pidfd_send_signal",
      ]
      #expect(try traced("on", "pid:\(api.pid)", "--permanent", "--wait", "20s").status == 0)
      #expect(api.becomes(verbose: true))

      let lines = Files.text(trace).split(separator: "\n").map(String.init)
      let sent = try #require(
        lines.firstIndex { $0.contains("pidfd_send_signal(") && $0.contains("SIGUSR1") })
      let before = Array(lines[..<sent])
      func isStatus(_ line: String) -> Bool { line.contains("</proc/\(api.pid)>, \"status\"") }
      func isPipe(_ line: String) -> Bool { line.contains("ioctl(") && line.contains("FIONREAD") }
      let firstPipe = try #require(before.firstIndex(where: isPipe))
      let lastPipe = try #require(before.lastIndex(where: isPipe))
      // What is pending, before the pipe; what a signal changes, after it.
      #expect(before[..<firstPipe].contains(where: isStatus))
      #expect(before[lastPipe...].contains(where: isStatus))
      if fixture == "toggle-static" {
        #expect(before[lastPipe...].contains { $0.contains("process_vm_readv(\(api.pid)") })
      }
    }
  }
}
