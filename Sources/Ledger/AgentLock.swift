import CLinux
import Glibc
import Processes
import SystemPackage
import Text

/// Makes the agent the only one on its state directory: a lock on the file `agent.lock`, for as long as the
/// agent lives. The kernel releases it however the agent ends.
///
/// It is a lock of the open file (fcntl(2), F_OFD_SETLK) and not flock(2), because one can ask whether it is
/// held without taking it: a command that took it to find out could make a starting agent think that it is
/// the second.
public struct AgentLock: ~Copyable {
  static let name = "agent.lock"
  private let file: FileDescriptor

  /// - Throws: `LedgerError.busy` if another agent has it; `.refused`, `.unwritable`.
  init(in directory: StateDirectory, bootID: String) throws(LedgerError) {
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
    let start = ProcessIdentity.ofThisProcess(bootID: bootID).map { " \($0.startTicks)" } ?? ""
    LedgerLock.note("\(getpid()) \(bootID)\(start)\n", in: file)
    self.file = file
    ForkedChild.withhold(file)
  }

  /// Releases it now, where that should show in the code.
  public consuming func end() {}

  deinit {
    ForkedChild.release(file)
    LedgerLock.note("", in: file)
    // As in `LedgerLock`; a child that was forked before the file was withheld has it too.
    _ = clinux_unlock(file.rawValue)
    try? file.close()
  }
}

/// An agent that lives on a state directory, by what it wrote into its lock file.
public struct LivingAgent: Hashable, Sendable {
  /// In its own pid namespace; `nil` if it does not say.
  public var pid: Int32?
  /// The boot id that it sees, which may differ from a command's; ``SeenBoot``. `nil`: an agent of an earlier
  /// version.
  public var bootID: String?
  /// When it was started, clock ticks after boot; `nil`: an agent of an earlier version.
  public var startTicks: UInt64?

  public init(pid: Int32?, bootID: String?, startTicks: UInt64? = nil) {
    self.pid = pid
    self.bootID = bootID
    self.startTicks = startTicks
  }

  /// The same agent as seen in a boot: one that is shown to live here sees the same boot under another id,
  /// and takes what is recorded under this one for its own; ``LedgerState/current(_:)``.
  public func seen(in boot: SeenBoot) -> LivingAgent {
    guard let pid, let startTicks, let bootID, boot.sharesPIDs(with: bootID),
      boot.has(pid: pid, startTicks: startTicks)
    else { return self }
    return LivingAgent(pid: pid, bootID: boot.id, startTicks: startTicks)
  }

  /// Whether it keeps what is recorded under this boot id; it takes records of any other boot as ended.
  public func keeps(bootID: String) -> Bool { self.bootID.map { $0 == bootID } ?? true }
}

extension StateDirectory {
  /// Becomes the agent of this directory.
  ///
  /// - Parameter bootID: the boot that it sees; commands read it, to know whether it keeps what they record.
  /// - Throws: as `AgentLock`.
  public func becomeAgent(bootID: String) throws(LedgerError) -> AgentLock {
    try AgentLock(in: self, bootID: bootID)
  }

  /// The agent that lives on this directory; `nil` for none. Decided by the lock it holds, not by any time.
  public var agent: LivingAgent? {
    guard let file = (try? files.openFile(AgentLock.name, access: O_RDWR)) ?? nil else { return nil }
    defer { try? file.close() }
    guard clinux_is_locked(file.rawValue) == 1 else { return nil }
    let words = LedgerLock.words(in: file)
    return LivingAgent(
      pid: LedgerLock.holderPID(words), bootID: words.dropFirst().first.map(String.init),
      startTicks: words.dropFirst(2).first.flatMap { UInt64($0) })
  }

  /// When the agent last started or ended; `nil` if there has been none.
  public var agentChanged: WallTime? {
    (try? FileStatus(at: AgentLock.name, in: files.descriptor, followLinks: false))?.modified
  }
}
