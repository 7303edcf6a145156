import Testing

extension EndToEnd {
  @Suite("Hostile names", .needsDocker)
  struct DockerHostileTests {
    let docker = Docker()
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// Clears the screen, sets the title, colours (with the one-byte form too), deletes, and begins a line.
    private static let hostile = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\r\nroot"

    @Test("no escape sequence of a container's label, host name, program or of a reason reaches the terminal")
    func hostileNames() throws {
      let hostile = Self.hostile
      let driver = "/app/bin/drivers/drivers_\(hostile)_c54390a"
      var image = DockerImage.core
      image.files[driver] = "driver-static"
      image.healthCheck = nil
      let core = try docker.start(
        image, name: "core", project: hostile, service: "core\(hostile)",
        environment: ["HOSTNAME": hostile, "SG_ENV": hostile],
        options: ["--label", "\(hostile)=\(hostile)", "--hostname", "core\(hostile)"],
        command: ["/bin/core", hostile])
      let pid = try core.execute(driver, ["-p", hostile])

      for arguments in [
        ["status"], ["on", "core", "driver", "--reason", hostile], ["status"],
        ["off", "driver", "--dry-run"],
        ["off", "core"], ["revert", "--reason", hostile], ["history"], ["toggle", "driver/\(hostile)"],
        ["status", "core/\(hostile)"], ["status", hostile],
      ] {
        for asked in [arguments, arguments + ["--json"]] {
          let run = try tool.run(asked)
          #expect(controlCharacters(in: run.output) == [], "\(asked)")
          #expect(controlCharacters(in: run.errors) == [], "\(asked)")
          let begun = (run.output + run.errors).split(separator: "\n").filter { $0.hasPrefix("root") }
          #expect(begun.isEmpty, "\(asked)")
        }
      }
      // Nothing of it kept the tool from its work.
      #expect(try core.isVerbose() == false)
      #expect(try core.isVerbose(pid: pid) == false)
      let rows = try tool("status", "--json").rows()
      #expect(rows.map { $0["executable"]?.string } == ["/bin/core", driver])
      #expect(try tool("status").output.contains(#"driver/\u{1b}[2J"#))
    }

    /// What a terminal would act upon, or take for a line of its own.
    private func controlCharacters(in text: String) -> [UInt32] {
      text.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }.map(\.value)
    }
  }
}
