import Ledger
import Processes
import SystemPackage
import TestSupport
import Testing
import Text

@testable import Switching

@Suite("Who keeps the deadlines")
struct KeepersTests {
  private let now = HostClock(boottime: 60_000_000_000_000, wall: 5)
  private func ago(_ minutes: Int) -> BootTime { now.boottime - .seconds(60 * minutes) }
  private func run(_ minutes: Int, boot: String = "a", by: RevertKeeper = .cron) -> RevertRun {
    RevertRun(bootID: boot, clock: HostClock(boottime: ago(minutes), wall: 5), by: by)
  }
  private func keeper(_ keepers: Keepers) -> RevertKeeper? { keepers.keeper(bootID: "a", now: now) }

  @Test("an agent counts while it lives, but for one that sees another boot id: that one is named")
  func agent() {
    var keepers = Keepers(agent: LivingAgent(pid: 7, bootID: "a"), lastRun: run(1))
    #expect(keeper(keepers) == .agent)
    #expect(keepers.blindAgent(bootID: "a") == nil)
    // An agent of an earlier version does not say what it sees.
    keepers.agent?.bootID = nil
    #expect(keeper(keepers) == .agent)
    keepers.agent?.bootID = "b"
    #expect(keeper(keepers) == .cron)
    #expect(keepers.blindAgent(bootID: "a")?.pid == 7)
    keepers.lastRun = nil
    #expect(keeper(keepers) == nil)
  }

  @Test("whoever came in this boot within three minutes counts")
  func visits() {
    #expect(keeper(Keepers(lastRun: run(2, by: .timer))) == .timer)
    #expect(keeper(Keepers(lastRun: run(3))) == nil)
    #expect(keeper(Keepers(lastRun: run(1, boot: "b"))) == nil)
  }

  @Test("the timer and cron count before they have come; not where they should have come long ago")
  func yetToCome() {
    #expect(keeper(Keepers(timerSince: ago(1))) == .timer)
    #expect(keeper(Keepers(cronSince: ago(1))) == .cron)
    #expect(keeper(Keepers(timerSince: ago(4), cronSince: ago(1))) == .cron)
    #expect(keeper(Keepers(timerSince: ago(4), cronSince: ago(4))) == nil)
    #expect(keeper(Keepers(lastRun: run(9), cronSince: ago(2))) == .cron)
  }

  @Test("what systemctl says of the timer")
  func timer() {
    func since(_ text: String) -> Int64? { TimerProperties(parsing: Array(text.utf8)).activeSinceUs }
    #expect(since("ActiveState=active\nActiveEnterTimestampMonotonic=1325471\n") == 1_325_471)
    #expect(since("ActiveState=inactive\nActiveEnterTimestampMonotonic=1325471\n") == nil)
    #expect(since("ActiveState=active\n") == nil)
    #expect(since("") == nil)
  }

  @Test("the line of cron's: what it runs, and for which state")
  func cron() {
    func line(_ text: String) -> CronLine? { CronLine(parsing: Array(text.utf8)) }
    let installed =
      "SHELL=/bin/sh\n# revert --expired\n"
      + "* * * * * root [ ! -x /usr/sbin/placeos-loglevel ] || /usr/sbin/placeos-loglevel revert --expired --quiet\n"
    #expect(line(installed)?.program == "/usr/sbin/placeos-loglevel")
    #expect(line(installed)?.stateDirectory == nil)
    let own = line("* * * * * root /opt/p revert --expired --quiet --state-dir /srv/state")
    #expect(own?.program == "/opt/p")
    #expect(own?.stateDirectory == "/srv/state")
    #expect(line("# * * * * * root /usr/sbin/placeos-loglevel revert --expired") == nil)
    #expect(line("* * * * * root /usr/sbin/placeos-loglevel revert") == nil)
    #expect(line("") == nil)
  }
}
