import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("The agent's guard") struct AgentGuard {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    func lastReason() throws -> String? {
      try tool("history", "--json").json()["entries"]?.array?.last?["reason"]?.string
    }

    @Test("debug mode ends early where the disk that takes the log is full, and the history says why")
    func fullDisk() throws {
      let small = try SmallDisk(sizeBytes: 32 << 20)
      let agent = try RunningAgent(
        tool, configuration: "{guard: {free_percent: 30, free_bytes: 0, write_bytes_per_second: 0}}")
      let api = try StandIn("toggle-static", as: "rest-api", in: small.scratch)
      let elsewhere = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "api", "triggers", "--follow-restarts", "--reason", "INC-42").status == 0)
      #expect(api.becomes(verbose: true))
      try small.fill(leaving: 4 << 20)
      #expect(api.isReverted(), "\(agent.log)")
      let reason = try lastReason() ?? ""
      #expect(
        reason.contains("guard: ") && reason.contains("left on the file system of \(api.log)"), "\(reason)")
      #expect(agent.says(" warning ended early ", "pid=\(api.pid)", "left on the file system"))
      // What is ended early is not wanted back, and nobody else has to suffer for it.
      #expect(try tool("status", "--json").rows().map { $0["follows_restarts"]?.bool } == [nil, true])
      #expect(elsewhere.signals() == ["USR1"])
    }

    @Test("debug mode ends early where a service writes too much; limits can be changed while the agent runs")
    func writesTooMuch() throws {
      let agent = try RunningAgent(
        tool,
        configuration:
          "{guard: {free_percent: 0, free_bytes: 0, write_bytes_per_second: 1000000, write_seconds: 1}}")
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      // It writes some hundred bytes a second, which status shows.
      #expect(
        try eventually {
          let row = try tool("status", "--json").rows().first
          return (row?["write_bytes_per_second"]?.int ?? 0) > 0 && row?["disk_lasts_seconds"]?.int != nil
        })
      #expect(try tool("status").output.contains("B/s"))
      #expect(api.signals() == ["USR1"])

      let stricter = "{guard: {free_percent: 0, free_bytes: 0, write_bytes_per_second: 10, write_seconds: 1}}"
      try Files.write(Array("{guard: ".utf8), to: scratch("config.json"))
      agent.child.signal(SIGHUP)
      #expect(agent.says("configuration stays as it was"))
      #expect(api.signals() == ["USR1"])
      try Files.write(Array(stricter.utf8), to: scratch("config.json"))
      agent.child.signal(SIGHUP)
      #expect(api.isReverted(), "\(agent.log)")
      #expect(try lastReason()?.contains("B/s over 1 s; 10 B/s is the limit") == true)
    }
  }
}

/// A file system of its own in a scratch folder, gone with its test.
private final class SmallDisk {
  let scratch = Scratch()
  private let sizeBytes: Int

  struct NotMounted: Error { let code: Int32 }

  init(sizeBytes: Int) throws {
    self.sizeBytes = sizeBytes
    guard mount("tmpfs", scratch.path, "tmpfs", 0, "size=\(sizeBytes)") == 0 else {
      throw NotMounted(code: errno)
    }
  }

  deinit { umount2(scratch.path, Int32(MNT_DETACH)) }

  /// Fills it up until so many bytes are left.
  func fill(leaving left: UInt64) throws {
    var space = statvfs()
    guard statvfs(scratch.path, &space) == 0 else { throw NotMounted(code: errno) }
    let free = UInt64(space.f_bavail) * UInt64(space.f_frsize)
    guard free > left else { return }
    try Files.write([UInt8](repeating: 0, count: Int(free - left)), to: scratch("filler"))
  }
}
