import Processes
import SystemPackage

/// Who runs `revert --expired`, and so keeps the deadlines.
public enum RevertKeeper: String, Hashable, Sendable, CaseIterable {
  case agent, timer, cron
  /// A person, or a line in some crontab that does not say what it is.
  case person

  /// How late a deadline can be kept, nanoseconds.
  public var latenessNs: Int64 { self == .agent ? 100_000_000 : 60_000_000_000 }
}

/// The last time that `revert --expired` ran: what tells whether anything will take a switch back.
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

  static let schemaVersion: Int64 = 1

  /// The run in the bytes of `revert.json`.
  ///
  /// - Throws: `LedgerError.damaged` or `.newerSchema`.
  public init(parsing bytes: [UInt8], path: FilePath) throws(LedgerError) {
    let body = try CheckedDocument.body(
      RunBody.self, parsing: bytes, path: path, knownVersion: Self.schemaVersion)
    guard body.boottimeNs >= 0, body.wallNs >= 0 else {
      throw .damaged(path: path, reason: "it has a negative time")
    }
    bootID = body.bootID
    clock = HostClock(boottimeNs: body.boottimeNs, wallNs: body.wallNs)
    // The first releases did not say who; a later one may know others.
    by = body.by.flatMap(RevertKeeper.init(rawValue:)) ?? .person
  }

  func fileBytes(path: FilePath) throws(LedgerError) -> [UInt8] {
    guard clock.boottimeNs >= 0, clock.wallNs >= 0 else {
      throw .unrecordable(path: path, reason: "it has a negative time")
    }
    return try CheckedDocument.bytes(
      of: RunBody(
        bootID: bootID, boottimeNs: clock.boottimeNs, wallNs: clock.wallNs, by: by.rawValue),
      path: path, version: Self.schemaVersion)
  }
}

private struct RunBody: Codable {
  enum CodingKeys: String, CodingKey {
    case by
    case bootID = "boot_id"
    case boottimeNs = "boottime_ns"
    case wallNs = "wall_ns"
  }
  let bootID: String
  let boottimeNs: Int64
  let wallNs: Int64
  let by: String?
}
