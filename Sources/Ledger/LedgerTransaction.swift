import SystemPackage

/// A state that was read under a lock which is still held: nothing else can write the state file, so that
/// a file which could not be read is never replaced, and no other writer's entry gets lost.
///
/// It comes from `LedgerLock.begin()` and may write as often as it needs to: the intent before a signal,
/// the outcome after.
public struct LedgerTransaction: ~Copyable {
  private let directory: StateDirectory
  private let lock: LedgerLock
  /// What the state file says now; `nil`: there is none yet, or it cannot be read.
  public private(set) var state: LedgerState?
  /// Why the state file cannot be read. It is never written then: it is left for a person to look at.
  public let damage: LedgerError?

  init(
    directory: StateDirectory, lock: consuming LedgerLock, state: LedgerState?, damage: LedgerError? = nil
  ) {
    self.directory = directory
    self.lock = lock
    self.state = state
    self.damage = damage
  }

  /// Puts `newState` in the place of the state file, and of `state`.
  ///
  /// - Throws: `damage`, where there is any. `LedgerError.unwritable`, `.unrecordable`, `.tooLarge`: file and `state` are as they were.
  ///   `.replacedNotSynced`: both are new.
  public mutating func writeState(_ newState: LedgerState) throws(LedgerError) {
    if let damage { throw damage }
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
