import SystemPackage
import Text

/// What can go wrong with the state directory, the state file, its lock and the history.
///
/// Unless a case says otherwise, everything on disk is as it was before the call.
public enum LedgerError: Error, Hashable, Sendable {
  /// Whether it is about the content of the state file, so that its directory and its lock can still be used.
  public var isOfContent: Bool {
    switch self {
    case .damaged, .newerSchema, .tooLarge: true
    default: false
    }
  }

  /// Whether there was no space, or no right, to write: the disk is full, broken or read-only. Taking back
  /// must not fail because of it.
  public var isOfRoom: Bool {
    switch self {
    case .unwritable(_, _, let code):
      [.noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .ioError, .fileTooLarge].contains(code)
    case .tooLarge: true
    default: false
    }
  }

  /// Why an existing file or directory is not used.
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
  /// A file does not have the form it must have. It was left untouched, for a person to look at.
  case damaged(path: FilePath, reason: String)
  /// A newer program wrote the file: it has schema version `found`, and this program knows `known`.
  case newerSchema(path: FilePath, found: Int64, known: Int64)
  /// Another process held the lock until the timeout. `holderPID` is what that process wrote into the lock
  /// file, only good for a message; `nil` if it says none.
  case busy(path: FilePath, holderPID: Int32?)
  /// The system call named `call` failed while `path` was being written, made or locked. A file that was to
  /// be replaced is as it was. A line of history may have been partly written; that damages no other line.
  case unwritable(path: FilePath, call: String, Errno)
  /// The new content is in place, but fsync(2) of its directory failed: a power cut may still undo it.
  case replacedNotSynced(path: FilePath, Errno)
  /// A compressed file of the history could not be read: its program is not installed (127), or exited with
  /// this status.
  case notUncompressed(path: FilePath, by: String, exitStatus: Int32)
  /// The value cannot be written, because it could not be read back.
  case unrecordable(path: FilePath, reason: String)
}

extension LedgerError {
  /// What failed, on what, what was left as it was, and what to try next.
  public var sentence: String {
    switch self {
    case .refused(let path, let refusal):
      "\(path) is not used: \(refusal.sentence). It was left as it is"
    case .parentMissing(let path, let parent):
      "cannot make \(path): \(parent) does not exist. Make it, or name another with --state-dir"
    case .unreadable(let path, let code): "cannot read \(path): \(code). It was left as it is"
    case .tooLarge: cause + ". It was left as it is"
    case .damaged:
      cause + ". It was left untouched and nothing was sent; look at it, then move it away to start afresh"
    case .newerSchema:
      cause + ". It was left untouched and nothing was sent; use the newer placeos-loglevel"
    case .busy(let path, let holder):
      "another placeos-loglevel\(holder.map { " (pid \($0))" } ?? "") holds \(path); nothing was done. "
        + "Try again"
    case .unwritable(let path, let call, let code):
      "cannot write \(path): \(call): \(code). What was there is unchanged"
    case .replacedNotSynced(let path, let code):
      "\(path) is written, but not safe from a power cut: fsync: \(code)"
    case .notUncompressed(let path, let program, 127):
      "cannot read \(path): '\(program)' is not here, which would uncompress it"
    case .notUncompressed(let path, let program, let status):
      "cannot read all of \(path): '\(program)' ended with status \(status)"
    case .unrecordable(let path, let reason): "cannot write \(path): \(reason.printable)"
    }
  }
}

extension LedgerError {
  /// What is wrong with a file's content.
  public var cause: String {
    switch self {
    case .damaged(let path, let reason): "\(path) is damaged: \(reason.printable)"
    case .newerSchema(let path, let found, let known):
      "\(path) was written by a newer version (schema \(found), this one knows \(known))"
    case .tooLarge(let path, let limit):
      "\(path) is larger than the \(limit) bytes that such a file may have"
    default: sentence
    }
  }
}

extension LedgerError.Refusal {
  fileprivate var sentence: String {
    switch self {
    case .symbolicLink: "it is a symbolic link"
    case .notDirectory: "it is not a directory"
    case .notRegularFile: "it is not a regular file"
    case .owner(let found, let required): "it belongs to user \(found), not to user \(required)"
    case .permissions(let found, let allowed):
      "its mode is 0\(String(found, radix: 8)), wider than 0\(String(allowed, radix: 8)) (chmod it)"
    case .linked(let count): "it has \(count) names (hard links)"
    }
  }
}
