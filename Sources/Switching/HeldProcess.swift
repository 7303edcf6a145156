import Processes

/// A process that was found once and is held: its folder and its pidfd stay open, and everything read of it
/// or sent to it goes through these.
final class HeldProcess {
  let handle: ProcessHandle
  /// Its number among all that have been held, by which a reader process knows it.
  let slot: Int

  var identity: ProcessIdentity { handle.identity }

  init(_ handle: consuming ProcessHandle, slot: Int) {
    self.handle = handle
    self.slot = slot
  }
}
