import SystemPackage

/// A state that was read under a lock which is still held: nothing else can write the state file, so that
/// a file which could not be read is never replaced, and no other writer's entry gets lost.
///
/// It comes from `LedgerLock.begin()` and may write as often as it needs to: the intent before a signal,
/// the outcome after.
public struct LedgerTransaction: ~Copyable {
  private let directory: StateDirectory
  private let lock: LedgerLock
  /// What the state file says now; `nil`: there is none yet.
  public private(set) var state: LedgerState?

  init(directory: StateDirectory, lock: consuming LedgerLock, state: LedgerState?) {
    self.directory = directory
    self.lock = lock
    self.state = state
  }

  /// Puts `newState` in the place of the state file, and of `state`.
  ///
  /// - Throws: `LedgerError.unwritable`, `.unrecordable`, `.tooLarge`: file and `state` are as they were.
  ///   `.replacedNotSynced`: both are new.
  public mutating func writeState(_ newState: LedgerState) throws(LedgerError) {
    do {
      try directory.replaceState(with: newState)
    } catch {
      if case .replacedNotSynced = error { state = newState }
      throw error
    }
    state = newState
  }

  /// Ends the transaction and gives the lock back now, where that should show in the code.
  public consuming func end() {}
}
