import Processes
import SystemPackage
import Text

/// What the state file says: the processes that this tool has switched, one entry each.
public struct LedgerState: Sendable {
  /// The boot in which the file was last written.
  public var bootID: String
  /// In the order in which they were added; `nil` where an entry was removed.
  private var slots: [LedgerEntry?] = []
  /// Each process's index in `slots`: with thousands of them nothing is searched.
  private var slotNumbers: [ProcessIdentity: Int] = [:]
  /// The services that should be in debug mode after a restart as well; no two with the same place.
  public var followed: [FollowedService]
  /// Records of other pid namespaces of the same boot, for example if a container shares the state directory:
  /// kept as they are for whoever sees those processes. So is an entry of another boot id whose process seems
  /// to live.
  public internal(set) var elsewhere: [LedgerEntry] = []
  var followedElsewhere: [FollowedService] = []

  /// - Parameter entries: of several with the same identity the last one counts.
  public init(bootID: String, entries: [LedgerEntry] = [], followed: [FollowedService] = []) {
    self.bootID = bootID
    self.followed = followed
    for entry in entries { upsert(entry) }
  }

  /// In the order in which they were added; no two with the same identity.
  public var entries: [LedgerEntry] { slots.compactMap { $0 } }

  /// The most deadlines that are over within one second.
  public var deadlinesAtOnce: Int {
    let sorted = slots.compactMap { $0?.debug == true ? $0?.deadline : nil }.sorted()
    var (most, first) = (0, 0)
    for (number, deadline) in sorted.enumerated() {
      while deadline - sorted[first] >= .seconds(1) { first += 1 }
      most = max(most, number - first + 1)
    }
    return most
  }

  /// Whether there is no entry.
  public var hasNoEntries: Bool { slotNumbers.isEmpty }

  /// The entry of a process; `nil` if this tool has not switched it.
  public subscript(identity: ProcessIdentity) -> LedgerEntry? {
    slotNumbers[identity].flatMap { slots[$0] }
  }

  /// Adds an entry, or replaces the one with the same identity.
  public mutating func upsert(_ entry: LedgerEntry) {
    if let number = slotNumbers[entry.identity] {
      slots[number] = entry
    } else {
      slotNumbers[entry.identity] = slots.count
      slots.append(entry)
    }
  }

  /// Removes the entry of a process and returns it; `nil` if there was none.
  @discardableResult
  public mutating func remove(_ identity: ProcessIdentity) -> LedgerEntry? {
    guard let number = slotNumbers.removeValue(forKey: identity) else { return nil }
    defer { slots[number] = nil }
    return slots[number]
  }

  /// Whether it has no records of other pid namespaces, or of other ids of the boot.
  var hasNothingAside: Bool { elsewhere.isEmpty && followedElsewhere.isEmpty }

  /// Whether nothing in it needs to be kept.
  public var isEmpty: Bool {
    hasNoEntries && followed.isEmpty && elsewhere.isEmpty && followedElsewhere.isEmpty
  }
}

extension LedgerState: Hashable {
  public static func == (left: LedgerState, right: LedgerState) -> Bool {
    left.bootID == right.bootID && left.followed == right.followed && left.entries == right.entries
      && left.elsewhere == right.elsewhere && left.followedElsewhere == right.followedElsewhere
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(bootID)
    hasher.combine(entries)
    hasher.combine(followed)
  }
}

// MARK: - The file

extension LedgerState {
  /// The version of the file's form. All older ones are read: version 1 had no followed services, version 2
  /// had a pod's names among those of the container.
  public static let schemaVersion: Int64 = 3

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
    self.init(bootID: body.bootID, entries: body.entries, followed: body.followed ?? [])
    // The same place may be followed from two pid namespaces.
    for (_, wishes) in Dictionary(grouping: followed, by: \.bootID)
    where Set(wishes.map(\.place)).count != wishes.count {
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
      of: StateBody(
        bootID: bootID, entries: entries + elsewhere,
        followed: followed.isEmpty && followedElsewhere.isEmpty ? nil : followed + followedElsewhere),
      path: path, version: Self.schemaVersion)
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
  let followed: [FollowedService]?

  private enum CodingKeys: String, CodingKey {
    case entries, followed
    case bootID = "boot_id"
  }
}
