import Ledger
import Processes
import SystemPackage
import Text

/// What could keep the deadlines, as found at one moment.
public struct Keepers: Hashable, Sendable {
  /// An agent that lives on the state directory.
  public var agent: LivingAgent?
  /// Who last ran `revert --expired`.
  public var lastRun: RevertRun?
  /// Since when systemd's timer has been active; `nil`: it is not.
  public var timerSince: BootTime?
  /// Since when both cron's line and a daemon that reads it have been there, and the agent has not.
  public var cronSince: BootTime?
  /// How many deadlines there are to keep at one moment: so many take the agent longer.
  public var deadlinesAtOnce = 0

  public init(
    agent: LivingAgent? = nil, lastRun: RevertRun? = nil, timerSince: BootTime? = nil,
    cronSince: BootTime? = nil
  ) {
    self.agent = agent
    self.lastRun = lastRun
    self.timerSince = timerSince
    self.cronSince = cronSince
  }

  /// Three of the minutes in which the timer and cron each run once.
  static let patience = Duration.seconds(180)

  /// Who keeps the deadlines that are recorded under this boot id; `nil`: nobody.
  ///
  /// A timer or a cron line counts before its first run, because that comes within a minute. One that has
  /// been there longer without a run does not work, whatever it looks like.
  public func keeper(bootID: String, now: HostClock) -> RevertKeeper? {
    if let agent, agent.keeps(bootID: bootID) { return .agent }
    func isFresh(_ since: BootTime?) -> Bool { since.map { now.age(of: $0) < Self.patience } ?? false }
    if let lastRun, lastRun.bootID == bootID, isFresh(lastRun.clock.boottime) { return lastRun.by }
    if isFresh(timerSince) { return .timer }
    return isFresh(cronSince) ? .cron : nil
  }

  /// How late a keeper can be now.
  public func lateness(of keeper: RevertKeeper) -> Duration {
    keeper.lateness(deadlinesAtOnce: deadlinesAtOnce)
  }

  /// Who keeps the deadlines, and how late that can be now.
  public func promise(of keeper: RevertKeeper) -> String {
    keeper.sentence(deadlinesAtOnce: deadlinesAtOnce)
  }

  /// A living agent that takes what is recorded under this boot id as ended.
  public func blindAgent(bootID: String) -> LivingAgent? {
    agent.flatMap { $0.keeps(bootID: bootID) ? nil : $0 }
  }
}

/// What systemd says of its timer.
struct TimerProperties: Hashable {
  /// On the clock that stops while the machine is suspended (`CLOCK_MONOTONIC`), microseconds; `nil`: not
  /// active.
  let activeSinceUs: Int64?

  /// Parses the output of systemctl(1):
  ///
  /// ```
  /// ActiveState=active
  /// ActiveEnterTimestampMonotonic=1325471
  /// ```
  init(parsing bytes: [UInt8]) {
    var values: [Substring: Substring] = [:]
    let text = String(decoding: bytes, as: UTF8.self)
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { values[parts[0]] = parts[1] }
    }
    let since = values["ActiveEnterTimestampMonotonic"].flatMap { Int64($0) }
    activeSinceUs = values["ActiveState"] == "active" ? since : nil
  }

  static let names = "--property=ActiveState,ActiveEnterTimestampMonotonic"
}

/// The cron line that reverts.
struct CronLine: Hashable {
  /// The program that it runs.
  let program: FilePath
  /// The state directory that it names; `nil` for the default.
  let stateDirectory: FilePath?

  /// The line in the bytes of a file in `/etc/cron.d`, crontab(5); `nil` if there is none.
  ///
  /// ```
  /// * * * * * root [ ! -x /usr/sbin/placeos-loglevel ] || … || /usr/sbin/placeos-loglevel revert --expired --quiet
  /// * * * * * root /usr/sbin/placeos-loglevel revert --expired --quiet --state-dir /srv/state
  /// ```
  init?(parsing bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    for line in text.split(separator: "\n") where line.drop(while: { $0 == " " }).first != "#" {
      let words = line.split(separator: " ")
      guard
        let verb = words.indices.dropLast().first(where: {
          words[$0] == "revert" && words[$0 + 1] == "--expired"
        }),
        verb > 0, words[verb - 1].hasPrefix("/")
      else { continue }
      program = FilePath(String(words[verb - 1]))
      let option = words.firstIndex(of: "--state-dir")
      stateDirectory = option.flatMap { $0 + 1 < words.count ? FilePath(String(words[$0 + 1])) : nil }
      return
    }
    return nil
  }
}
