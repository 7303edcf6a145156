import Glibc
import Processes
import SystemPackage
import Text

/// The exclusive lock on a state directory: flock(2) on its file `lock`, which has no other use and is never
/// removed. The kernel releases the lock when this value ends or its process dies, however it dies. Children
/// do not inherit it past execve(2).
public struct LedgerLock: ~Copyable {
  private let directory: StateDirectory
  private let file: FileDescriptor

  /// Waits for the lock with growing pauses, up to `timeout`; 0 tries once.
  init(
    of directory: StateDirectory, timeout: Duration, isInterrupted: () -> Bool
  ) throws(LedgerError) {
    let name = StateDirectory.lockName
    let path = directory.path.appending(name)
    let start = BootTime.now()
    var pause = Duration.milliseconds(1)
    while true {
      // Opened again for each try: if somebody has removed the file, the lock on it is worth nothing.
      guard let file = try Self.open(name, in: directory) else { continue }
      if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 {
        if directory.files.name(name, refersTo: file) {
          Self.note("\(getpid())\n", in: file)
          self.directory = directory
          self.file = file
          ForkedChild.withhold(file)
          return
        }
        try? file.close()
        continue
      }
      let error = Errno.last
      let holder = Self.holderPID(in: file)
      try? file.close()
      guard error == .wouldBlock || error == .interrupted else {
        throw .unwritable(path: path, call: "flock", error)
      }
      let left = timeout - (BootTime.now() - start)
      guard left > .zero, !isInterrupted() else { throw .busy(path: path, holderPID: holder) }
      let (seconds, attoseconds) = min(pause, left).components
      var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
      nanosleep(&time, nil)
      pause = min(pause * 2, .milliseconds(32))
    }
  }

  deinit {
    ForkedChild.release(file)
    Self.note("", in: file)
    // Not left to close(2): a child of another thread between fork(2) and execve(2) shares the lock.
    flock(file.rawValue, LOCK_UN)
    try? file.close()
  }

  /// Reads the state under this lock: the only way to a value that can write it.
  ///
  /// Whether this throws or not, the lock now belongs to the transaction, and ends with it.
  /// Leftovers of killed writers are removed on the way.
  public consuming func begin() throws(LedgerError) -> LedgerTransaction {
    let directory = directory
    let state = try directory.readState()
    directory.files.removeLeftovers()
    return LedgerTransaction(directory: directory, lock: self, state: state)
  }

  /// The same for callers that need no state: if the file cannot be read, the transaction has the reason
  /// (`damage`), keeps everybody else from switching, and writes nothing.
  public consuming func beginDespiteDamage() -> LedgerTransaction {
    let directory = directory
    do {
      let state = try directory.readState()
      directory.files.removeLeftovers()
      return LedgerTransaction(directory: directory, lock: self, state: state)
    } catch {
      return LedgerTransaction(directory: directory, lock: self, state: nil, damage: error)
    }
  }

  /// Releases the lock now, where that should show in the code.
  public consuming func end() {}

  /// Writes who holds it, for a process that waits in vain. It is only for a message, so an error (a full
  /// disk) does not matter. On a file system that is read-only after an error, a lock file that exists is
  /// still a lock: flock(2) needs no right to write. What is on is then taken back, though it cannot be
  /// recorded.
  private static func open(
    _ name: String, in directory: StateDirectory
  ) throws(LedgerError) -> FileDescriptor? {
    do throws(LedgerError) {
      return try directory.files.openFile(name, access: O_RDWR, create: true)
    } catch {
      guard case .unwritable(_, "open", .readOnlyFileSystem) = error,
        let file = try directory.files.openFile(name, access: O_RDONLY)
      else { throw error }
      return file
    }
  }

  static func note(_ text: String, in file: FileDescriptor) {
    ftruncate(file.rawValue, 0)
    let bytes = Array(text.utf8)
    if !bytes.isEmpty { pwrite(file.rawValue, bytes, bytes.count, 0) }
  }

  static func holderPID(in file: FileDescriptor) -> Int32? { holderPID(words(in: file)) }

  static func holderPID(_ words: [Substring]) -> Int32? {
    words.first.flatMap { Int32($0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// What a holder wrote; `nil` if it is cut off, or missing.
  static func words(in file: FileDescriptor) -> [Substring] {
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = pread(file.rawValue, &bytes, bytes.count, 0)
    guard count > 1, bytes[count - 1] == UInt8(ascii: "\n") else { return [] }
    return String(decoding: bytes[..<(count - 1)], as: UTF8.self).split(separator: " ")
  }
}
