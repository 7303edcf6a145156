import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("cron", .needsDocker)
  struct CronTests {
    let docker = Docker()
    let scratch = Scratch()

    @Test("cron's installed line reverts at the deadline, in a container and on the host, and arms deadlines")
    func revertsAtDeadline() throws {
      let tool = try Installation()
      let inside = try docker.start(.api, name: "rest-api")
      let outside = try StandIn("toggle-static", as: "triggers", in: scratch)
      let kept = try docker.start(.staff, name: "staff-api")

      let on = try tool("on", "api", "triggers", "--for", "1s", "--reason", "INC-42")
      #expect(on.status == 0)
      #expect(on.errors.contains("no deadline will be kept"))
      // The line is installed, and there is no systemd on this machine: the daemon is what is missing.
      #expect(on.errors.contains("sudo service cron start"))
      #expect(try tool("on", "staff", "--for", "10m").status == 0)
      #expect(try inside.becomes(verbose: true))
      #expect(outside.becomes(verbose: true))
      #expect(try kept.becomes(verbose: true))
      #expect(try tool("status", "--json").json()["revert_armed"] == .bool(false))

      let cron = try Child("/usr/sbin/cron", ["-f"])
      defer { cron.end() }
      // Its line and its daemon are enough, before it has come for the first time.
      #expect(try eventually { try tool("status", "--json").json()["reverted_by"]?.string == "cron" })
      #expect(try tool("status").errors == "")
      try #require(eventually(150) { outside.isVerbose() == false })
      #expect(try inside.becomes(verbose: false))
      #expect(try kept.isVerbose() == true)

      // The process acts before the tool that asked for it has written its history.
      #expect(try eventually { try reverts(tool).count == 2 })
      let reverted = try reverts(tool)
      #expect(reverted.map { $0["service"]?.string } == ["api", "triggers"])
      #expect(reverted.map { $0["outcome"]?.string } == ["switched", "switched"])
      #expect(reverted.map { $0["by", "user"]?.string } == ["root", "root"])
      let status = try tool("status", "--json").json()
      #expect(status["revert_armed"] == .bool(true))

      let armed = try tool("on", "api", "--for", "10m")
      #expect(armed.status == 0)
      #expect(armed.errors.isEmpty)
      #expect(try inside.becomes(verbose: true))
      #expect(try tool("revert").status == 0)
      #expect(try inside.becomes(verbose: false) && kept.becomes(verbose: false))
      #expect(inside.signals.count == 4)
    }

    private func reverts(_ tool: Installation) throws -> [JSON] {
      let entries = try tool("history", "--json").json()["entries"]?.array ?? []
      return entries.filter { $0["command"]?.string == "revert" }
    }
  }
}
