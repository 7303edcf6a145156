import Processes
import SystemPackage
import Text

/// Who runs `revert --expired`, and so keeps the deadlines.
public enum RevertKeeper: String, Hashable, Sendable, CaseIterable {
  case agent, timer, cron
  /// A person, or a crontab line that does not say what it is.
  case person

  /// How late a deadline can be kept: the agent has 100 ms for each 250 that are over at the same moment.
  public func lateness(deadlinesAtOnce count: Int) -> Duration {
    self == .agent ? .milliseconds(100) * max(1, (count + 249) / 250) : .seconds(60)
  }
}

/// The last time that `revert --expired` ran: it shows whether anything will take a switch back.
public struct RevertRun: Hashable, Sendable {
  /// A run of another boot says nothing about this one.
  public var bootID: String
  public var clock: HostClock
  /// Who ran it.
  public var by: RevertKeeper

  public init(bootID: String, clock: HostClock, by: RevertKeeper = .person) {
    self.bootID = bootID
    self.clock = clock
    self.by = by
  }

  /// The run in the bytes of `revert.json`.
  ///
  /// - Throws: `LedgerError.damaged`.
  public init(parsing bytes: [UInt8], path: FilePath) throws(LedgerError) {
    let body = try PlainDocument.body(RunBody.self, parsing: bytes, path: path)
    bootID = body.bootID
    clock = HostClock(boottime: body.boottime, wall: body.wall)
    // A later release may know others.
    by = body.by.flatMap(RevertKeeper.init(rawValue:)) ?? .person
  }

  /// The same run as of a boot: the clocks tell a run of this boot whatever its boot id was.
  public func seen(in boot: SeenBoot) -> RevertRun {
    guard boot.sharesPIDs(with: bootID), boot.contains(clock) else { return self }
    return RevertRun(bootID: boot.id, clock: clock, by: by)
  }

  func fileBytes(path: FilePath) throws(LedgerError) -> [UInt8] {
    try PlainDocument.bytes(
      of: RunBody(bootID: bootID, boottime: clock.boottime, wall: clock.wall, by: by.rawValue),
      path: path)
  }
}

private struct RunBody: Codable {
  let bootID: String
  let boottime: BootTime
  let wall: WallTime
  let by: String?

  private enum CodingKeys: String, CodingKey {
    case by
    case bootID = "boot_id"
    case boottime = "boottime_ns"
    case wall = "wall_ns"
  }
}

extension RevertKeeper {
  /// Who keeps the deadlines, and how late that can be.
  public func sentence(deadlinesAtOnce count: Int) -> String {
    let who =
      switch self {
      case .agent: "the agent"
      case .timer: "systemd's timer"
      case .cron: "cron"
      case .person: "whoever runs 'revert --expired'"
      }
    let lateness = lateness(deadlinesAtOnce: count)
    let late = self == .agent ? "\(lateness.nanoseconds / 1_000_000) ms" : "a minute"
    return "Deadlines are kept by \(who), \(late) late at most."
  }
}
