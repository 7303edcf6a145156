import SystemPackage

/// A state that was read under a lock which is still held: nothing else can write the state file, so a file
/// that could not be read is never replaced, and no other writer's entry gets lost.
///
/// It comes from `LedgerLock.begin()` and may write as often as needed: the intent before a signal, the
/// outcome after it.
public struct LedgerTransaction: ~Copyable {
  private let directory: StateDirectory
  private let lock: LedgerLock
  /// What the state file says now; `nil`: there is none yet, or it cannot be read.
  public private(set) var state: LedgerState?
  /// Why the state file cannot be read. It is then never written, but left for a person to look at.
  public let damage: LedgerError?

  init(
    directory: StateDirectory, lock: consuming LedgerLock, state: LedgerState?, damage: LedgerError? = nil
  ) {
    self.directory = directory
    self.lock = lock
    self.state = state
    self.damage = damage
  }

  /// Replaces the state file and `state` by `newState`.
  ///
  /// - Parameter usingReserve: whether it may also use the part of the file that is reserved for taking back,
  ///   and for the results of signals.
  /// - Throws: `damage`, if there is any. `LedgerError.unwritable`, `.unrecordable`, `.tooLarge`: file and
  ///   `state` are as they were. `.replacedNotSynced`: both are new.
  public mutating func writeState(
    _ newState: LedgerState, usingReserve: Bool = true
  ) throws(LedgerError) {
    if let damage { throw damage }
    do {
      try directory.replaceState(with: newState, usingReserve: usingReserve)
    } catch {
      if case .replacedNotSynced = error { state = newState }
      throw error
    }
    state = newState
  }

  /// Ends the transaction and releases the lock now, where that should show in the code.
  public consuming func end() {}
}
