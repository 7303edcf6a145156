import CLinux
import Glibc
import Processes
import SystemPackage

/// What makes the agent the only one on its state directory: a lock on the file `agent.lock`, for as long as the
/// agent lives. The kernel gives it back however the agent ends.
///
/// It is a lock of the open file (fcntl(2), F_OFD_SETLK) and not flock(2), because whether one is held can be
/// asked without taking it: a command that took it to find out could make a starting agent think that it is the
/// second.
public struct AgentLock: ~Copyable {
  static let name = "agent.lock"
  private let file: FileDescriptor

  /// - Throws: `LedgerError.busy` where another agent has it; `.refused`, `.unwritable`.
  init(in directory: StateDirectory) throws(LedgerError) {
    let path = directory.path.appending(Self.name)
    guard let file = try directory.files.openFile(Self.name, access: O_RDWR, create: true) else {
      throw .unwritable(path: path, call: "open", .noSuchFileOrDirectory)
    }
    guard clinux_lock(file.rawValue) == 0 else {
      let error = Errno.last
      let holder = LedgerLock.holderPID(in: file)
      try? file.close()
      if error == .resourceTemporarilyUnavailable || error == .permissionDenied {
        throw .busy(path: path, holderPID: holder)
      }
      throw .unwritable(path: path, call: "fcntl", error)
    }
    LedgerLock.note("\(getpid())\n", in: file)
    self.file = file
    ForkedChild.withhold(file)
  }

  /// Gives it back now, where that should show in the code.
  public consuming func end() {}

  deinit {
    ForkedChild.release(file)
    LedgerLock.note("", in: file)
    try? file.close()
  }
}

extension StateDirectory {
  /// Becomes the agent of this directory.
  ///
  /// - Throws: as `AgentLock`.
  public func becomeAgent() throws(LedgerError) -> AgentLock { try AgentLock(in: self) }

  /// Whether an agent lives on this directory: asked of the lock that it holds, not of the time of anything.
  public var hasAgent: Bool {
    guard let file = (try? files.openFile(AgentLock.name, access: O_RDWR)) ?? nil else { return false }
    defer { try? file.close() }
    return clinux_is_locked(file.rawValue) == 1
  }
}
