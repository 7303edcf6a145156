import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// The program needs nothing of the host but its kernel.
  @Suite("Any Linux") struct StaticTests {
    let scratch = Scratch()

    @Test("in a root without a C library, without a shell and without users it switches, and takes back")
    func emptyRoot() throws {
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let root = scratch.folder("root")
      try Files.write(Files.bytes(TestMachine.program), to: root + "/placeos-loglevel")
      chmod(root + "/placeos-loglevel", 0o755)
      for folder in ["proc", "state"] { mkdir(root + "/" + folder, 0o755) }
      chmod(root + "/state", 0o700)
      try #require(try Command.run("/bin/mount", ["--bind", "/proc", root + "/proc"]).status == 0)
      defer { _ = try? Command.run("/bin/umount", ["--lazy", root + "/proc"]) }
      func tool(_ words: String...) throws -> Tool.Run {
        let arguments = [root, "/placeos-loglevel"] + words + ["--state-dir", "/state", "--json"]
        return try Command.run("/usr/sbin/chroot", arguments)
      }
      #expect(try tool("status").rows().map { $0["pid"]?.int } == [Int(api.pid)])
      let on = try tool("on", "api", "--for", "1m")
      #expect(try on.status == 0 && on.rows().map { $0["evidence"]?.string } == ["memory"], "\(on.errors)")
      #expect(api.becomes(verbose: true))
      #expect(try tool("revert").status == 0)
      #expect(api.becomes(verbose: false) && api.signals() == ["USR1", "USR1"])
    }
  }
}
