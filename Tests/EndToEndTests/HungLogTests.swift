import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("A log on a file system that hangs") struct HungLog {
    let scratch = Scratch()
    var tool: Tool { Tool(scratch) }

    @Test("does not keep follow from showing others, nor from ending; all is taken back")
    func hung() throws {
      let program = scratch("hang")
      let source = TestMachine.checkout + "/Tests/Fixtures/hang/hang.c"
      let compiler = try Command.run("/usr/bin/gcc", ["-Wall", "-Wextra", "-Werror", "-o", program, source])
      try #require(compiler.status == 0, "\(compiler.errors)")
      let folder = scratch.folder("mount")
      let server = try Child(program, [folder], output: scratch("hang.log"))
      defer {
        // What sleeps over a read of it wakes with the end of its server.
        server.end()
        umount2(folder, Int32(MNT_DETACH))
      }
      try #require(
        eventually { Files.exists(folder + "/log") || !server.isRunning },
        "\(Files.text(scratch("hang.log")))")

      let truth = scratch("hung.truth")
      let hung = try Child(
        scratch.copy(of: TestMachine.fixture("toggle-static"), as: "rest-api"),
        environment: ["STANDIN_TRUTH_FILE": truth], output: folder + "/log")
      func isVerbose() -> Bool { Files.text("\(truth).\(hung.pid)").contains("true") }
      try #require(eventually { Files.exists("\(truth).\(hung.pid)") })
      let other = try StandIn("toggle-static", as: "triggers", in: scratch)

      let run = try tool.start(["follow", "pid:\(hung.pid)", "pid:\(other.pid)", "--raw", "--since", "1h"])
      #expect(eventually { run.output.contains("default log level changed to Trace") }, "\(run.errors)")
      #expect(eventually { isVerbose() })
      run.child.signal(SIGINT)
      #expect(eventually { !run.child.isRunning })
      #expect(run.finish().status == 130)
      #expect(eventually { !isVerbose() })
      #expect(other.becomes(verbose: false))
      hung.end()
    }
  }
}
