import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// As under systemd-nspawn, where commands see another boot id than a unit with ProtectKernelTunables=.
  @Suite("Two ids of one boot") struct BootTests {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// The tool as somebody runs it who sees another boot id.
    func masked() throws -> Tool {
      let file = scratch("boot_id")
      try Files.write(Array("00000000-0d5e-4a1e-9f6e-3d1f6f6f6a02\n".utf8), to: file)
      var tool = tool
      tool.through = [
        "/usr/bin/unshare", "--mount", "--", "/bin/sh", "-c",
        "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"", file,
      ]
      return tool
    }

    @Test("neither loses what the other has switched on, and each takes it back")
    func both() throws {
      let masked = try masked()
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      let on = try masked("on", "api", "--reason", "INC-42", "--json")
      #expect(on.status == 0, "\(on.errors)")
      #expect(try tool("status", "--json").json()["boot_id"] != masked("status", "--json").json()["boot_id"])
      #expect(try tool("status", "api", "--json").rows().first?["reason"]?.string == "INC-42")
      // Nothing is sent twice, and a deadline is moved.
      #expect(try tool("on", "api", "--for", "2h").status == 0)
      #expect(try tool("on", "triggers", "--reason", "INC-43").status == 0)
      let rows = try masked("status", "--json").rows()
      #expect(rows.map { $0["reason"]?.string } == ["INC-42", "INC-43"])
      #expect(try masked("revert", "triggers").status == 0)
      #expect(try tool("revert").output.contains("on -> off"))
      #expect(api.signals() == ["USR1", "USR1"] && triggers.signals() == ["USR1", "USR1"])
      #expect(api.becomes(verbose: false) && triggers.becomes(verbose: false))
    }

    @Test("an agent keeps the deadline of a command that sees another id, and follows restarts for it")
    func agent() throws {
      let masked = try masked()
      let agent = try RunningAgent(tool)
      var api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let on = try masked("on", "api", "--for", "300ms")
      #expect(on.status == 0 && on.output.contains("kept by the agent"), "\(on.output)\(on.errors)")
      #expect(on.errors == "")
      #expect(api.isReverted())
      #expect(try masked("on", "api", "--follow-restarts").status == 0)
      #expect(api.becomes(verbose: true))
      api.child.end()
      let next = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(next.becomes(verbose: true), "\(agent.log)")
      api = next
      #expect(try masked("revert").status == 0)
      #expect(api.isReverted())
      #expect(!agent.log.contains("ignored"), "\(agent.log)")
    }

    @Test("what has ended under another id is dropped, as after a boot")
    func ended() throws {
      let masked = try masked()
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try masked("on", "api", "--reason", "INC-42").status == 0)
      api.child.end()
      #expect(try tool("on", "triggers").status == 0)
      #expect(!Files.text(tool.stateDirectory + "/state.json").contains("INC-42"))
      #expect(try tool("revert").status == 0)
      #expect(triggers.signals() == ["USR1", "USR1"])
    }
  }
}
