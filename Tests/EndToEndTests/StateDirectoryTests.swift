import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("The state directory") struct StateDirectories {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    /// Nothing is done, and why is said; what is in the way stays as it is.
    func expectStop(
      _ tool: Tool, says sentences: String..., commands: [[String]] = Self.commands, hasState: Bool = false
    ) throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      for command in commands {
        let run = try tool.run(command)
        #expect(run.status == 3, "\(command): \(run.output)\(run.errors)")
        if command.contains("--json") {
          #expect(try run.json()["exit_status"]?.int == 3, "\(command)")
        } else {
          #expect(run.output == "")
        }
        for sentence in sentences { #expect(run.errors.contains(sentence), "\(command): \(run.errors)") }
      }
      // What processes show of themselves needs no record.
      let status = try tool("status", "--json")
      #expect(status.status == (hasState ? 0 : 4))
      #expect(try status.rows().map { $0["evidence"]?.string } == ["memory"])
      for sentence in sentences where !hasState {
        #expect(
          try status.json()["problems"]?.array?.contains { $0.string?.contains(sentence) == true } == true)
      }
      #expect(api.signals() == [])
      #expect(api.isVerbose() == false)
    }

    static let commands = [
      ["on", "api"], ["off", "api"], ["toggle", "api", "--json"], ["revert"],
      ["revert", "--expired", "--quiet"], ["on", "api", "--dry-run"],
    ]
    /// Those that write.
    static let writing = Array(commands.prefix(5))

    func mode(_ path: String) throws -> UInt32 {
      var status = stat()
      try #require(lstat(path, &status) == 0, "\(path)")
      return status.st_mode & 0o7777
    }

    @Test("it is made, and what is in it is the owner's alone, whatever the umask")
    func made() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      var tool = tool
      tool.through = ["/bin/sh", "-c", "umask 0; exec \"$@\"", "sh"]
      #expect(try tool("on", "api").status == 0)
      #expect(try mode(scratch("state")) == 0o700)
      for file in ["state.json", "lock", "history.jsonl"] {
        #expect(try mode(scratch("state/" + file)) == 0o600)
      }
      #expect(api.signals() == ["USR1"])
    }

    @Test("without --state-dir it is /run/placeos-loglevel, and the history is in /var/log")
    func usualPlace() throws {
      defer { for path in ["/run/placeos-loglevel", "/var/log/placeos-loglevel"] { Scratch.remove(path) } }
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      var tool = tool
      tool.stateDirectory = ""
      #expect(try tool("on", "api").status == 0)
      #expect(try mode("/run/placeos-loglevel") == 0o700)
      #expect(Files.text("/run/placeos-loglevel/state.json").contains("\"api\""))
      #expect(Files.text("/var/log/placeos-loglevel/history.jsonl").split(separator: "\n").count == 1)
      #expect(try mode("/var/log/placeos-loglevel/history.jsonl") == 0o600)
      #expect(try tool("history", "--json").json()["entries"]?.array?.count == 1)
      #expect(try tool("revert").status == 0)
      #expect(api.becomes(verbose: false))
    }

    @Test("--state-dir comes before the variable")
    func option() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api", "--state-dir", scratch("other")).status == 0)
      #expect(!Files.exists(scratch("state")))
      #expect(Files.exists(scratch("other/state.json")) && Files.exists(scratch("other/history.jsonl")))
      #expect(try tool("revert", "--state-dir=\(scratch("other"))").status == 0)
      #expect(api.becomes(verbose: false))
    }

    @Test("a file in its place is refused and left")
    func file() throws {
      try Files.write(Array("precious".utf8), to: scratch("state"), mode: 0o600)
      try expectStop(tool, says: scratch("state"), "it is not a directory")
      #expect(Files.text(scratch("state")) == "precious")
    }

    @Test("a symbolic link in its place is refused, with or without a slash behind it")
    func symbolicLink() throws {
      scratch.folder("elsewhere")
      chmod(scratch("elsewhere"), 0o700)
      #expect(symlink(scratch("elsewhere"), scratch("state")) == 0)
      try expectStop(tool, says: scratch("state"), "it is a symbolic link")
      for suffix in ["/", "/."] {
        let run = try tool("on", "--all", "--state-dir", scratch("state") + suffix)
        #expect(run.status == 3, "\(suffix): \(run.errors)")
      }
      #expect(!Files.exists(scratch("elsewhere/state.json")) && !Files.exists(scratch("elsewhere/lock")))
    }

    @Test("one that is open to others is refused", arguments: [0o755, 0o710, 0o701, 0o720, 0o777])
    func wide(_ mode: Int) throws {
      scratch.folder("state/of")
      chmod(scratch("state"), mode_t(mode))
      try expectStop(tool, says: scratch("state"), "its mode is 0\(String(mode, radix: 8)), wider than 0700")
      #expect(try self.mode(scratch("state")) == UInt32(mode))
    }

    @Test("someone else's is refused")
    func another() throws {
      scratch.folder("state")
      chmod(scratch("state"), 0o700)
      #expect(chown(scratch("state"), 10001, 10001) == 0)
      try expectStop(tool, says: scratch("state"), "it belongs to user 10001, not to user 0")
    }

    @Test("one whose parent does not exist is not made")
    func parent() throws {
      var tool = tool
      tool.stateDirectory = scratch("no/where")
      try expectStop(tool, says: scratch("no"), "does not exist", commands: Self.writing, hasState: true)
      #expect(!Files.exists(scratch("no")))
    }

    @Test("a read-only one is refused before anything is sent, and status still reads it")
    func readOnly() throws {
      let disk = try Disk(scratch.folder("state"), options: "size=1m,mode=0700")
      defer { disk.unmount() }
      #expect(try tool("revert", "--expired").status == 0)
      try disk.remount("ro")
      // Nothing is on: revert has nothing to do, but to leave word that it ran.
      try expectStop(
        tool, says: scratch("state"), "Read-only file system",
        commands: [["on", "api"], ["toggle", "api", "--json"]], hasState: true)
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("status").status == 0)
      #expect(try tool("on", "api", "--dry-run").status == 0)
      #expect(api.signals() == [])
    }

    @Test(
      "with a read-only one what is on is taken back all the same, and it is said that nothing was recorded")
    func readOnlyWithEntry() throws {
      let disk = try Disk(scratch.folder("state"), options: "size=1m,mode=0700")
      defer { disk.unmount() }
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-stripped", as: "triggers", in: scratch)
      #expect(try tool("on", "api", "triggers", "--trust-name").status == 0)
      try disk.remount("ro")
      let off = try tool("off", "api", "triggers", "--trust-name", "--json")
      #expect(off.status == 4, "\(off.errors)")
      #expect(off.errors.contains("Read-only file system") || off.output.contains("Read-only file system"))
      #expect(api.becomes(verbose: false))
      // Its log is all there is to show its level, and a log may stand still: without a record the next run would do
      // the opposite.
      let row = try off.rows().first { $0["service"]?.string == "triggers" }
      #expect(row?["outcome"]?.string == "refused", "\(off.output)")
      for arguments in [["off", "api"], ["revert"], ["revert", "--expired"]] { _ = try tool.run(arguments) }
      #expect(api.signals() == ["USR1", "USR1"] && triggers.signals() == ["USR1"])
      #expect(try tool("status", "triggers", "--json").rows().first?["by"]?["user"]?.string == "root")
      try disk.remount("rw")
      #expect(try tool("revert").status == 0)
      #expect(triggers.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"] && api.isVerbose() == false)
    }

    @Test("with a full disk nothing is switched on, and what is on is taken back all the same")
    func full() throws {
      let disk = try Disk(scratch.folder("state"), options: "size=64k,mode=0700")
      defer { disk.unmount() }
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let triggers = try StandIn("toggle-static", as: "triggers", in: scratch)
      #expect(try tool("on", "api").status == 0)
      let state = try Files.bytes(scratch("state/state.json"))
      disk.fill(scratch("state/filler"))
      for arguments in [["on", "triggers"], ["toggle", "--all"]] {
        let run = try tool.run(arguments)
        #expect(run.status == 3, "\(arguments): \(run.errors)")
        #expect(run.errors.contains(scratch("state")) && run.errors.contains("No space left on device"))
      }
      #expect(api.signals() == ["USR1"] && triggers.signals() == [])
      #expect(try Files.bytes(scratch("state/state.json")) == state)
      let off = try tool("off", "api")
      #expect(off.status == 4)
      #expect(off.errors.contains("No space left on device"))
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
      unlink(scratch("state/filler"))
      #expect(try tool("revert").status == 0)
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(try tool("revert").output == "Nothing to take back.\n")
    }

    @Test("a history that cannot be written does not undo what was done, and is told of")
    func historyLost() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      chmod(scratch("state/history.jsonl"), 0o666)
      let run = try tool("off", "api")
      #expect(run.status == 4)
      #expect(run.errors.contains("history.jsonl"))
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(try tool("status", "--json").rows().first?["since"]?.isNull == true)
    }

    @Test(
      "a damaged state file stops all but off, is named and stays as it is, byte for byte",
      arguments: ["empty", "truncated", "garbage", "flipped", "newer", "older"])
    func damaged(_ how: String) throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      let good = try Files.bytes(scratch("state/state.json"))
      let text = String(decoding: good, as: UTF8.self)
      let bad: [UInt8] =
        switch how {
        case "empty": []
        case "truncated": Array(good.prefix(good.count / 2))
        case "garbage": Array((0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) })
        case "flipped": Array(text.replacing("\"pid\" : \(api.pid)", with: "\"pid\" : \(api.pid + 1)").utf8)
        case "newer": Array("{\"schema_version\": 99, \"entries\": \"of another form\"}\n".utf8)
        default: Array(text.replacing("\"schema_version\" : 3", with: "\"schema_version\" : 0").utf8)
        }
      #expect(bad != good)
      try Files.write(bad, to: scratch("state/state.json"), mode: 0o600)
      let isNamed = { (run: Tool.Run) in
        run.errors.contains(scratch("state/state.json"))
          && run.errors.contains(how == "newer" ? "newer" : "damaged")
      }
      for command in Self.commands where command.first != "off" {
        let run = try tool.run(command)
        #expect(run.status == 3, "\(command): \(run.output)\(run.errors)")
        #expect(isNamed(run), "\(run.errors)")
      }
      #expect(api.signals() == ["USR1"])
      // What the process itself shows is enough to take it out of debug mode.
      let plan = try tool("off", "--all", "--dry-run")
      #expect(plan.status == 4 && plan.output.contains("would switch") && isNamed(plan), "\(plan.errors)")
      #expect(api.signals() == ["USR1"])
      let off = try tool("off", "--all", "--json")
      #expect(off.status == 4 && isNamed(off), "\(off.errors)")
      #expect(try off.rows().map { $0["outcome"]?.string } == ["switched"])
      #expect(api.becomes(verbose: false))
      #expect(api.signals() == ["USR1", "USR1"])
      #expect(try Files.bytes(scratch("state/state.json")) == bad)
      #expect(Files.text(scratch("state/history.jsonl")).split(separator: "\n").count == 2)
      // With the good one put back all is as before.
      try Files.write(good, to: scratch("state/state.json"), mode: 0o600)
      #expect(try tool("revert").status == 0)
      #expect(api.signals() == ["USR1", "USR1"])
    }

    @Test("with a damaged state file, what no process shows is unknown, and nobody gets a signal for it")
    func damagedAndNothingShown() throws {
      let api = try StandIn(
        "toggle-stripped", as: "rest-api", environment: ["STANDIN_IDLE": "1"], in: scratch)
      _ = try tool("on", "api", "--trust-name")
      #expect(api.becomes(verbose: true))
      // A log that was emptied says nothing of the lines that it had.
      try #require(truncate(api.log, 0) == 0)
      try Files.write([], to: scratch("state/state.json"), mode: 0o600)
      let off = try tool("off", "api", "--trust-name", "--json")
      #expect(off.status == 4)
      #expect(try off.rows().map { $0["outcome"]?.string } == ["refused"])
      #expect(api.signals() == ["USR1"])
    }

    @Test(
      "a state file that is not the owner's own plain file is refused",
      arguments: ["link", "hard link", "another's", "folder", "pipe", "mode"])
    func oddFile(_ how: String) throws {
      scratch.folder("state")
      chmod(scratch("state"), 0o700)
      let path = scratch("state/state.json")
      switch how {
      case "link": symlink(scratch("target"), path)
      case "folder": mkdir(path, 0o700)
      case "pipe": mkfifo(path, 0o600)
      default:
        try Files.write(Array("{}".utf8), to: path, mode: 0o600)
        if how == "mode" { chmod(path, 0o644) }
        if how == "another's" { _ = chown(path, 10001, 10001) }
        if how == "hard link" { Glibc.link(path, scratch("state/other")) }
      }
      try expectStop(tool, says: path)
      #expect(!Files.exists(scratch("target")))
    }

    @Test("while another holds the lock, nothing is done after 10 s, and who holds it is said")
    func locked() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try tool("on", "api").status == 0)
      // Holds the lock and has left its pid, as this program does.
      let holder = try Child(
        "/usr/bin/flock",
        [
          scratch("state/lock"), "sh", "-c", "echo $$ >\"$0\"; : >\"$1\"; exec sleep 600",
          scratch("state/lock"), scratch("held"),
        ])
      #expect(eventually { Files.exists(scratch("held")) })
      let pid = Files.text(scratch("state/lock")).split(separator: "\n").first ?? ""
      let start = monotonicSeconds()
      let runs = try [["off", "api"], ["revert"], ["toggle", "api"]].map { try tool.start($0) }
      // Reading needs no lock.
      #expect(try tool("status").status == 0)
      #expect(try tool("on", "--all", "--dry-run").status == 0)
      #expect(monotonicSeconds() - start < 8)
      let sentence = "another placeos-loglevel (pid \(pid)) holds \(scratch("state/lock"))"
      for run in runs.map({ $0.finish() }) {
        #expect(run.status == 3)
        #expect(run.errors.contains(sentence), "\(run.errors)")
      }
      #expect((9.5...14).contains(monotonicSeconds() - start))
      #expect(api.signals() == ["USR1"])
      if let sleeper = Int32(pid) { kill(sleeper, SIGKILL) }
      holder.wait()
      #expect(try tool("off", "api").status == 0)
      #expect(api.becomes(verbose: false))
    }

    @Test("a command that waits for the lock goes on when it is given back")
    func lockReleased() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      for verb in ["on", "off"] { #expect(try tool(verb, "api").status == 0) }
      let holder = try Child(
        "/usr/bin/flock",
        ["-o", scratch("state/lock"), "sh", "-c", ": >\"$0\"; read -r line", scratch("held")])
      #expect(eventually { Files.exists(scratch("held")) })
      let running = try tool.start(["on", "api"])
      usleep(300_000)
      #expect(running.child.isRunning)
      #expect(api.signals().count == 2)
      holder.closeInput()
      let run = running.finish()
      #expect(run.status == 0, "\(run.errors)")
      #expect(api.becomes(verbose: true))
      #expect(api.signals().count == 3)
    }
  }
}

/// A small file system in memory, gone with its test.
final class Disk {
  private let path: String
  private var isMounted = true

  struct Failure: Error { let errors: String }

  init(_ path: String, options: String) throws {
    self.path = path
    let run = try Command.run("/bin/mount", ["-t", "tmpfs", "-o", options, "disk", path])
    guard run.status == 0 else { throw Failure(errors: run.errors) }
  }

  deinit { unmount() }

  func remount(_ option: String) throws {
    let run = try Command.run("/bin/mount", ["-o", "remount,\(option)", path])
    guard run.status == 0 else { throw Failure(errors: run.errors) }
  }

  /// Fills it to the last byte.
  func fill(_ file: String) {
    let descriptor = open(file, O_WRONLY | O_CREAT, 0o600)
    for size in [4096, 1] {
      let bytes = [UInt8](repeating: 0, count: size)
      while write(descriptor, bytes, size) > 0 {}
    }
    close(descriptor)
  }

  func unmount() {
    if isMounted { umount2(path, Int32(MNT_DETACH)) }
    isMounted = false
  }
}
