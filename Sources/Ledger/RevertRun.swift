import Host
import SystemPackage

/// The last time that `revert --expired` ran: what tells whether anything will take a switch back.
public struct RevertRun: Hashable, Sendable {
  /// A run of another boot says nothing about this one.
  public var bootID: String
  public var clock: HostClock

  public init(bootID: String, clock: HostClock) {
    self.bootID = bootID
    self.clock = clock
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
  }

  func fileBytes(path: FilePath) throws(LedgerError) -> [UInt8] {
    guard clock.boottimeNs >= 0, clock.wallNs >= 0 else {
      throw .unrecordable(path: path, reason: "it has a negative time")
    }
    return try CheckedDocument.bytes(
      of: RunBody(bootID: bootID, boottimeNs: clock.boottimeNs, wallNs: clock.wallNs),
      path: path, version: Self.schemaVersion)
  }
}

private struct RunBody: Codable {
  enum CodingKeys: String, CodingKey {
    case bootID = "boot_id"
    case boottimeNs = "boottime_ns"
    case wallNs = "wall_ns"
  }
  let bootID: String
  let boottimeNs: Int64
  let wallNs: Int64
}
