import SystemPackage
import Text

/// What can go wrong while this machine is read.
public enum HostError: Error, Hashable, Sendable {
  /// A file could not be opened or read.
  case unreadable(path: FilePath, Errno)
  /// A file was read, and says something that its format does not allow.
  case malformed(path: FilePath, reason: String)
  /// A file is larger than anything its format is used for.
  case tooLarge(path: FilePath, limitBytes: Int)
  /// The path is not a regular file (a pipe, a device, a folder …).
  case notRegular(path: FilePath)
  /// The process table could not be read.
  case processTable(Errno)
  /// A system call that is about no file and no other process failed; `call` is its name.
  case call(String, Errno)
  /// Nothing came of a look within the time for it: the file system, or the memory, behind `path` does not answer.
  case noAnswer(path: FilePath)
  /// What looked at it ended over it.
  case lookFailed(path: FilePath)
  /// A system call on a process failed; `call` is its name.
  case process(pid: Int32, call: String, Errno)
}

extension HostError {
  /// What failed, on what.
  public var sentence: String {
    switch self {
    case .unreadable(let path, let code): "cannot read \(path.string.printable): \(code)"
    case .malformed(let path, let reason): "cannot understand \(path.string.printable): \(reason.printable)"
    case .tooLarge(let path, let limit):
      "\(path.string.printable) is larger than the \(limit) bytes that such a file may have"
    case .notRegular(let path): "\(path.string.printable) is not a regular file"
    case .processTable(let code): "cannot read the process table: \(code)"
    case .call(let call, let code): "\(call) failed: \(code)"
    case .noAnswer(let path): "\(path.string.printable) does not answer"
    case .lookFailed(let path): "\(path.string.printable) cannot be looked at: the reader ended over it"
    case .process(let pid, let call, let code): "\(call) of process \(pid) failed: \(code)"
    }
  }
}
