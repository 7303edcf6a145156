import Glibc
import Ledger
import Processes
import SystemPackage
import Text

/// Looks for what could keep the deadlines: first in the state directory and, if nothing there tells,
/// systemd's timer, cron's line and cron itself.
struct KeeperSearch {
  let environment: Pipeline.Environment
  let bootID: String
  let now: HostClock

  private static let timer = "placeos-loglevel-revert.timer"
  private static let cronFile: FilePath = "/etc/cron.d/placeos-loglevel"

  func find(_ directory: StateDirectory?) -> Keepers {
    // What cannot be read keeps no deadline: the warning that follows is right.
    let boot = environment.table.boot(bootID, clock: now)
    let lastRun = (try? directory?.readLastRevertRun()) ?? nil
    var keepers = Keepers(agent: directory?.agent?.seen(in: boot), lastRun: lastRun?.seen(in: boot))
    guard keepers.keeper(bootID: bootID, now: now) == nil else { return keepers }
    let agent = directory?.agentChanged.map(boottime(at:))
    keepers.timerSince = timerSince()
    // Cron stands back for the agent, so it may not have run since.
    keepers.cronSince = cronSince().map { max($0, agent ?? $0) }
    return keepers
  }

  private func boottime(at moment: WallTime) -> BootTime { now.boottime - (now.wall - moment) }

  /// As systemd itself says; it may hang in an incident.
  private func timerSince() -> BootTime? {
    guard environment.hasUsualState, isThere("/run/systemd/system") else { return nil }
    let words = ["/usr/bin/systemctl", "show", TimerProperties.names, Self.timer]
    guard let said = ProgramOutput.bytes(of: words, within: .seconds(1), limitBytes: 4 << 10),
      let sinceUs = TimerProperties(parsing: said).activeSinceUs
    else { return nil }
    var monotonic = timespec()
    clock_gettime(CLOCK_MONOTONIC, &monotonic)
    let sinceBoot = Duration.seconds(monotonic.tv_sec) + .nanoseconds(monotonic.tv_nsec)
    return now.boottime - (sinceBoot - .microseconds(sinceUs))
  }

  private func cronSince() -> BootTime? {
    // Like cron, it reads no file that anybody but root could have written.
    guard
      let bytes = try? TrustedFile.bytes(below: environment.root, at: Self.cronFile, limitBytes: 64 << 10),
      let line = CronLine(parsing: bytes),
      line.stateDirectory.map({ $0 == environment.stateDirectory }) ?? environment.hasUsualState,
      isThere(line.program),
      let file = try? FileStatus(at: below(Self.cronFile)), let daemon = daemonSince(reading: file)
    else { return nil }
    return max(daemon, boottime(at: file.changed))
  }

  /// Since when a cron daemon that reads this very file has been running: one in a container does not.
  ///
  /// BusyBox's, which does not read `/etc/cron.d`, executes a file of another name.
  private func daemonSince(reading file: FileStatus) -> BootTime? {
    let scan = try? ProcessScan(of: environment.table.proc) { link in
      let name = link.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
      return name == Array("cron".utf8) || name == Array("crond".utf8)
    }
    for pid in scan?.wanted ?? [] {
      guard let process = (try? ProcessDirectory.open(pid: pid, proc: environment.table.proc)) ?? nil,
        let stat = try? process.stat(),
        let seen = try? FileStatus(at: "root\(Self.cronFile)", in: process.descriptor),
        seen.isSameFile(as: file)
      else { continue }
      return stat.started
    }
    return nil
  }

  private func below(_ path: FilePath) -> FilePath { environment.root.pushing(path.removingRoot()) }
  private func isThere(_ path: FilePath) -> Bool { (try? FileStatus(at: below(path))) != nil }
}

extension Pipeline.Environment {
  /// An agent that keeps what is recorded here; `nil`: there is none.
  ///
  /// - Throws: as `StateDirectory.open`.
  public func agent() throws(LedgerError) -> LivingAgent? {
    // If the boot id cannot be read, no command does anything, and each says so.
    guard let agent = try openStateDirectory(create: false)?.agent, let id = try? table.bootID(),
      agent.seen(in: table.boot(id, clock: clock())).keeps(bootID: id)
    else { return nil }
    return agent
  }

  /// Whether the state is where systemd's units and cron's line look for it.
  var hasUsualState: Bool { stateDirectory == Self.usualStateDirectory }

  /// Where root's state is by default.
  public static let usualStateDirectory: FilePath = "/run/placeos-loglevel"
}
