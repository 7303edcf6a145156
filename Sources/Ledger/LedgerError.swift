import SystemPackage

/// What can go wrong with the state directory, the state file, its lock and the history.
///
/// Unless a case says otherwise, everything on disk is as it was before the call.
public enum LedgerError: Error, Hashable, Sendable {
  /// Whether it is about what the state file says, so that its directory and its lock can still be used.
  public var isOfContent: Bool {
    switch self {
    case .damaged, .newerSchema, .tooLarge: true
    default: false
    }
  }

  /// Whether there was no room to write, or no right to: the disk is full, broken or read-only. What takes back must not
  /// fail for it.
  public var isOfRoom: Bool {
    switch self {
    case .unwritable(_, _, let code):
      [.noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .ioError, .fileTooLarge].contains(code)
    case .tooLarge: true
    default: false
    }
  }

  /// Why a file or a directory that exists is not used.
  public enum Refusal: Hashable, Sendable {
    case symbolicLink
    case notDirectory
    case notRegularFile
    /// It belongs to another user. Both are user ids.
    case owner(found: UInt32, required: UInt32)
    /// It is open to others than its owner. Both are permission bits; `allowed` are the widest ones.
    case permissions(found: UInt32, allowed: UInt32)
    /// The file has other names too (hard links), so somebody else may be writing it.
    case linked(count: UInt64)
  }

  /// The path exists and is not what it must be. It was neither read nor changed.
  case refused(path: FilePath, Refusal)
  /// The directory `path` cannot be made, because `parent` does not exist.
  case parentMissing(path: FilePath, parent: FilePath)
  /// A file or a directory could not be opened or read.
  case unreadable(path: FilePath, Errno)
  /// A file is larger than anything its format is used for.
  case tooLarge(path: FilePath, limitBytes: Int)
  /// A file does not say what its format demands. It was left untouched, for a person to look at.
  case damaged(path: FilePath, reason: String)
  /// A newer program wrote the file: it has schema version `found`, and this program knows `known`.
  case newerSchema(path: FilePath, found: Int64, known: Int64)
  /// Another process held the lock until the timeout. `holderPID` is what that process wrote into the
  /// lock file, good for a message only; `nil` where it says none.
  case busy(path: FilePath, holderPID: Int32?)
  /// The system call named `call` failed while `path` was being written, made or locked.
  /// A file that was to be replaced is as it was. A line of history may have been written in part;
  /// a part damages no other line.
  case unwritable(path: FilePath, call: String, Errno)
  /// The new content is in place, but fsync(2) of its directory failed: a power cut may yet undo it.
  case replacedNotSynced(path: FilePath, Errno)
  /// The value cannot be written, because it could not be read back.
  case unrecordable(path: FilePath, reason: String)
}
