import Glibc
import TestSupport
import Testing

extension EndToEnd {
  @Suite("scripts/install") struct InstallTests {
    let scratch = Scratch()

    private func mode(_ path: String) -> UInt32? {
      var status = stat()
      return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    @Test("DESTDIR and PREFIX say where everything goes, and --uninstall takes it away from there")
    func staged() throws {
      let root = scratch("staged")
      let places = ["DESTDIR": root, "PREFIX": "/opt/placeos"]
      let run = try Installation.script(environment: places)
      #expect(run.status == 0)
      #expect(run.errors.isEmpty)
      let program = root + "/opt/placeos/sbin/placeos-loglevel"
      #expect(try Files.bytes(program) == Files.bytes(TestMachine.program))
      #expect(mode(program) == 0o755)
      #expect(mode(root + Installation.cronLine) == 0o644)
      #expect(mode(root + Installation.logrotateEntry) == 0o644)
      let cron = Files.text(root + Installation.cronLine)
      #expect(cron.contains("/opt/placeos/sbin/placeos-loglevel revert --expired --quiet"))
      #expect(!cron.contains("@"))
      #expect(!cron.contains(root))
      // Nothing of it went to this machine itself.
      for path in [Installation.program, Installation.cronLine, Installation.logrotateEntry] {
        #expect(!Files.exists(path))
      }
      let uninstall = try Installation.script("--uninstall", environment: places)
      #expect(uninstall.status == 0)
      let left = try Command.run("/usr/bin/find", [root, "!", "-type", "d"])
      #expect(left.output.isEmpty)
    }

    @Test("what is installed runs from its usual places, and can be installed once more")
    func installed() throws {
      let installation = try Installation()
      #expect(try Installation.script().status == 0)
      #expect(mode(Installation.program) == 0o755)
      // cron takes no file that others may write; no line of ours is an error to it or to logrotate.
      #expect(mode(Installation.cronLine) == 0o644)
      #expect(Files.text(Installation.cronLine).contains("\n* * * * * root "))
      let checked = try Command.run("/usr/sbin/logrotate", ["--debug", Installation.logrotateEntry])
      #expect(checked.status == 0)
      #expect(!checked.errors.contains("error:"))
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try installation("toggle", "api").status == 0)
      #expect(api.becomes(verbose: true))
      #expect(mode(Installation.stateDirectory) == 0o700)
      #expect(mode(Installation.stateDirectory + "/state.json") == 0o600)
      #expect(mode(Installation.history) == 0o600)
      #expect(try installation("revert").status == 0)
      #expect(api.becomes(verbose: false))
    }

    @Test("--uninstall reverts what is on and takes all away but the history")
    func uninstall() throws {
      let installation = try Installation()
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      let staff = try StandIn("latch-static", as: "staff-api", in: scratch)
      #expect(try installation("on", "api", "staff", "--permanent").status == 0)
      #expect(api.becomes(verbose: true) && staff.becomes(verbose: true))
      let run = try Installation.script("--uninstall")
      #expect(run.status == 0)
      #expect(api.becomes(verbose: false) && staff.becomes(verbose: false))
      for path in [
        Installation.program, Installation.cronLine, Installation.logrotateEntry, Installation.stateDirectory,
      ] {
        #expect(!Files.exists(path), "\(path)")
      }
      #expect(Files.text(Installation.history).contains("\"reason\":\"uninstalled\""))
      // Once more: nothing is there, which is no failure.
      let again = try Installation.script("--uninstall")
      #expect(again.status == 0)
      #expect(again.output.contains("nothing was installed"))
    }

    @Test("--uninstall removes nothing while something cannot be reverted, and goes on with --force")
    func uninstallStopped() throws {
      let installation = try Installation()
      let api = try StandIn("toggle-static", as: "rest-api", in: scratch)
      #expect(try installation("on", "api").status == 0)
      #expect(api.becomes(verbose: true))
      api.child.signal(SIGSTOP)
      #expect(eventually { Files.text("/proc/\(api.pid)/stat").contains(") T ") })
      let refused = try Installation.script("--uninstall")
      #expect(refused.status == 1)
      #expect(refused.errors.contains("nothing was removed"))
      #expect(Files.exists(Installation.program) && Files.exists(Installation.cronLine))
      let forced = try Installation.script("--uninstall", "--force")
      #expect(forced.status == 0)
      #expect(!Files.exists(Installation.program) && !Files.exists(Installation.cronLine))
      // The state still says what is on, for whoever installs it again.
      #expect(Files.exists(Installation.stateDirectory + "/state.json"))
      api.child.signal(SIGCONT)
      #expect(try Installation.script().status == 0)
      #expect(try installation("revert").status == 0)
      #expect(api.becomes(verbose: false))
    }
  }
}
