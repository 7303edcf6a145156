import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// The daemon that writes the logs hangs, and with them the only evidence of a stripped service's level stands still.
  @Suite("A Docker daemon that hangs", .needsDocker) struct DockerStalledTests {
    let docker = Docker()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("a signal that does not show is not sent again, however long ago it was")
    func noSecondSignal() throws {
      let api = try docker.start(
        .strippedAPI, name: "rest-api", environment: ["PLACE_LOG_FORMAT": "json", "STANDIN_IDLE": "1"])
      let pid = try api.servicePID()
      #expect(try tool("on", "api").status == 0)
      #expect(try api.becomes(verbose: true, pid: pid))

      // scripts/test-machine starts it so.
      let daemon = try #require(Int32(Files.text("/run/docker.pid").prefix { $0.isNumber }))
      try #require(kill(daemon, SIGSTOP) == 0)
      defer { kill(daemon, SIGCONT) }
      let first = try tool("off", "api", "--json")
      #expect(first.status == 4)
      #expect(try first.rows().first?["outcome"]?.string == "unconfirmed", "\(first.output)")
      #expect(try api.becomes(verbose: false, pid: pid))

      // So long a signal once counted as on its way, and the log was believed again after it.
      let sent = monotonicSeconds()
      #expect(eventually { monotonicSeconds() - sent > 11 })
      for verb in ["off", "revert"] {
        let again = try tool(verb, "api", "--json")
        #expect(api.signals.count == 2, "\(verb): \(again.output)\(again.errors)")
      }
      #expect(try api.isVerbose(pid: pid) == false)
    }
  }
}
