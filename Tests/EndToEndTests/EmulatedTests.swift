import TestSupport
import Testing

extension EndToEnd {
  /// A container made for another architecture runs in an emulator of the host's, which has every handler: what the
  /// kernel shows is the emulator's. Here it emulates the host's own architecture.
  @Suite("A service in an emulator") struct Emulated {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    #if arch(x86_64)
      static let emulator = "/usr/bin/qemu-x86_64"
    #else
      static let emulator = "/usr/bin/qemu-aarch64"
    #endif

    @Test("it is listed and refused, gets no signal and lives on; the one beside it is switched")
    func refused() throws {
      let log = scratch("emulated.log")
      let executable = try scratch.copy(of: TestMachine.fixture("toggle-static"), as: "emulated/rest-api")
      let emulated = try Child(
        Self.emulator, [executable],
        environment: [
          "STANDIN_TRUTH_FILE": scratch("emulated.truth"), "STANDIN_SIGNAL_FILE": scratch("emulated.signals"),
        ], output: log)
      defer { emulated.end() }
      #expect(eventually { Files.text(log).contains("is ready") }, "\(Files.text(log))")
      let native = try StandIn("toggle-static", as: "rest-api", in: scratch)

      let rows = try tool("status", "--json").rows()
      let row = try #require(rows.first { $0["pid"]?.int == Int(emulated.pid) })
      #expect(row["service"]?.string == "api")
      #expect(row["switchable"] == .bool(false) && row["debug"]?.isNull == true)
      #expect(row["why_not"]?.string?.contains("emulator") == true)
      let runs = [
        try tool("on", "api", "--json"), try tool("on", "--all", "--json"),
        try tool("toggle", "pid:\(emulated.pid)", "--json"), try tool("off", "--all", "--json"),
      ]
      for run in runs {
        let outcome = try #require(try run.rows().first { $0["pid"]?.int == Int(emulated.pid) })
        #expect(outcome["outcome"]?.string == "refused", "\(run.output)")
      }
      #expect(native.signals() == ["USR1", "USR1"])
      #expect(emulated.isRunning && Files.text(scratch("emulated.signals")) == "")
    }
  }
}
