import Processes
import SystemPackage

/// What the state file says: the processes that this tool has switched, one entry each.
public struct LedgerState: Hashable, Sendable {
  /// The boot in which the file was last written.
  public var bootID: String
  /// In the order in which they were added; no two with the same identity.
  public private(set) var entries: [LedgerEntry]
  /// The services that are to be in debug mode after a restart as well; no two of the same place.
  public var followed: [FollowedService]

  /// - Parameter entries: of several with the same identity the last one counts.
  public init(bootID: String, entries: [LedgerEntry] = [], followed: [FollowedService] = []) {
    self.bootID = bootID
    self.entries = []
    self.followed = followed
    for entry in entries { upsert(entry) }
  }

  /// The entry of a process; `nil` where this tool has not switched it.
  public subscript(identity: ProcessIdentity) -> LedgerEntry? {
    entries.first { $0.identity == identity }
  }

  /// Adds an entry, or puts it in the place of the one with the same identity.
  public mutating func upsert(_ entry: LedgerEntry) {
    if let index = entries.firstIndex(where: { $0.identity == entry.identity }) {
      entries[index] = entry
    } else {
      entries.append(entry)
    }
  }

  /// Takes the entry of a process out and returns it; `nil` where there was none.
  @discardableResult
  public mutating func remove(_ identity: ProcessIdentity) -> LedgerEntry? {
    guard let index = entries.firstIndex(where: { $0.identity == identity }) else { return nil }
    return entries.remove(at: index)
  }

  /// This state as of the boot `bootID`: entries of other boots speak of processes that ended with their
  /// boot, and are dropped.
  public func current(bootID: String) -> (state: LedgerState, dropped: [LedgerEntry]) {
    var state = LedgerState(bootID: bootID)
    state.entries = entries.filter { $0.identity.bootID == bootID }
    state.followed = followed.filter { $0.bootID == bootID }
    return (state, entries.filter { $0.identity.bootID != bootID })
  }
}

// MARK: - The file

extension LedgerState {
  /// The newest schema version that this program reads. It writes the oldest that can say what there is to say:
  /// version 2 has the services that are followed, and an older program would lose them.
  public static let schemaVersion: Int64 = 2

  /// The state in the bytes of a state file.
  ///
  /// - Parameter path: where the bytes come from, for the error.
  /// - Throws: `LedgerError.damaged` or `.newerSchema`. An empty file is damaged, not empty.
  public init(parsing bytes: [UInt8], path: FilePath) throws(LedgerError) {
    let body = try CheckedDocument.body(
      StateBody.self, parsing: bytes, path: path, knownVersion: Self.schemaVersion)
    var identities: Set<ProcessIdentity> = []
    for entry in body.entries {
      guard identities.insert(entry.identity).inserted else {
        throw .damaged(path: path, reason: "pid \(entry.identity.pid) has two entries")
      }
    }
    self.bootID = body.bootID
    self.entries = body.entries
    followed = body.followed
    guard Set(followed.map(\.place)).count == followed.count else {
      throw .damaged(path: path, reason: "a service is followed twice")
    }
    if let flaw { throw .damaged(path: path, reason: flaw) }
  }

  /// The bytes of the state file for this state; `init(parsing:path:)` gives this very state back.
  ///
  /// - Parameter path: where the bytes are to go, for the error.
  /// - Throws: `LedgerError.unrecordable` for a state that could not be read back.
  public func fileBytes(path: FilePath) throws(LedgerError) -> [UInt8] {
    if let flaw { throw .unrecordable(path: path, reason: flaw) }
    return try CheckedDocument.bytes(
      of: StateBody(bootID: bootID, entries: entries, followed: followed), path: path,
      version: followed.isEmpty ? 1 : 2)
  }

  private var flaw: String? {
    if bootID.isEmpty { return "boot_id is empty" }
    for entry in entries { if let flaw = entry.flaw { return flaw } }
    for service in followed { if let flaw = service.flaw { return flaw } }
    return nil
  }
}

private struct StateBody: Codable {
  let bootID: String
  let entries: [LedgerEntry]
  let followed: [FollowedService]

  init(bootID: String, entries: [LedgerEntry], followed: [FollowedService]) {
    self.bootID = bootID
    self.entries = entries
    self.followed = followed
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    bootID = try values.decode(String.self, forKey: .bootID)
    entries = try values.decode([LedgerEntry].self, forKey: .entries)
    let hasFollowed = try values.decode(Int64.self, forKey: .schemaVersion) >= 2
    followed = hasFollowed ? try values.decode([FollowedService].self, forKey: .followed) : []
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(bootID, forKey: .bootID)
    try values.encode(entries, forKey: .entries)
    if !followed.isEmpty { try values.encode(followed, forKey: .followed) }
  }
}
