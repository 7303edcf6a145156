import Synchronization
import SystemPackage

/// The directory in which this tool remembers what it has switched: `state.json`, its `lock`, `revert.json`,
/// and the agent's `agent.lock` and `figures.json`. It and everything in it belong to one user, and are
/// closed to everybody else.
public final class StateDirectory: Sendable {
  static let stateName = "state.json"
  static let lockName = "lock"
  static let revertName = "revert.json"
  /// The largest file of this directory that is read or written: about fifteen thousand entries.
  static let limitBytes = 16 << 20
  /// The part that only taking back may use: an entry grows a little when its signal is recorded, and filling
  /// the file with long names must not keep anything from being taken back.
  static let reserveBytes = 2 << 20

  let files: OwnedDirectory
  /// The bytes last read, and their state.
  private let lastState = Mutex<(bytes: [UInt8], state: LedgerState)?>(nil)
  /// The file whose replacement is a new state; for inotify(7).
  public static var watchedName: String { stateName }
  public var path: FilePath { files.path }
  public var statePath: FilePath { path.appending(Self.stateName) }
  public var revertPath: FilePath { path.appending(Self.revertName) }
  public var lockPath: FilePath { path.appending(Self.lockName) }

  private init(files: OwnedDirectory) { self.files = files }

  /// Opens the state directory.
  ///
  /// - Parameters:
  ///   - create: make it, with mode 0700, if it is missing. Its parent must exist.
  ///   - ownerID: the user who must own it.
  /// - Returns: `nil` if it is missing and `create` is not set.
  /// - Throws: `LedgerError.refused` (a link, not a directory, another's, a mode wider than 0700),
  ///   `.parentMissing`, `.unreadable`, `.unwritable`.
  public static func open(
    at path: FilePath, create: Bool, ownerID: UInt32 = 0
  ) throws(LedgerError) -> StateDirectory? {
    guard let files = try OwnedDirectory.open(at: path, create: create, ownerID: ownerID) else {
      return nil
    }
    return StateDirectory(files: files)
  }

  /// Takes the lock, which anybody who means to write the state needs.
  ///
  /// - Parameters:
  ///   - timeout: how long to wait for it; 0 tries once.
  ///   - isInterrupted: asked between tries, whether to give up now.
  /// - Throws: `LedgerError.busy`; `.refused` or `.unwritable` if the lock file cannot be used.
  public func lock(
    timeout: Duration, isInterrupted: () -> Bool = { false }
  ) throws(LedgerError) -> LedgerLock {
    try LedgerLock(of: self, timeout: timeout, isInterrupted: isInterrupted)
  }

  /// What the state file says; `nil`: there is none. Needs no lock, because a state file is only ever
  /// replaced as a whole; to write, use `LedgerLock.begin()`.
  ///
  /// Entries of other boots are in it: see `LedgerState.current(bootID:)`.
  /// - Throws: `LedgerError.damaged`, `.newerSchema`, `.refused`, `.tooLarge`, `.unreadable`.
  public func readState() throws(LedgerError) -> LedgerState? {
    guard let bytes = try files.bytes(of: Self.stateName, limitBytes: Self.limitBytes) else {
      return nil
    }
    // One command reads it again and again, and it seldom changes meanwhile.
    if let last = lastState.withLock({ $0 }), last.bytes == bytes { return last.state }
    let state = try LedgerState(parsing: bytes, path: statePath)
    lastState.withLock { $0 = (bytes, state) }
    return state
  }

  func replaceState(with state: LedgerState, usingReserve: Bool) throws(LedgerError) {
    let bytes = try state.fileBytes(path: statePath)
    let limitBytes = Self.limitBytes - (usingReserve ? 0 : Self.reserveBytes)
    guard bytes.count <= limitBytes else { throw .tooLarge(path: statePath, limitBytes: limitBytes) }
    try files.replace(Self.stateName, with: bytes)
    // What is aside comes back among the entries: only without it are the two the same.
    if state.hasNothingAside { lastState.withLock { $0 = (bytes, state) } }
  }

  /// The last run of `revert --expired`; `nil`: none is recorded.
  ///
  /// - Throws: as `readState()`.
  public func readLastRevertRun() throws(LedgerError) -> RevertRun? {
    guard let bytes = try files.bytes(of: Self.revertName, limitBytes: Self.limitBytes) else {
      return nil
    }
    return try RevertRun(parsing: bytes, path: revertPath)
  }

  /// Records a run of `revert --expired`. Needs no lock, and replaces whatever is there: each run says all
  /// there is to say.
  ///
  /// - Throws: `LedgerError.unwritable`, `.unrecordable`, `.replacedNotSynced`.
  public func writeLastRevertRun(_ run: RevertRun) throws(LedgerError) {
    try files.replace(Self.revertName, with: try run.fileBytes(path: revertPath))
  }
}
