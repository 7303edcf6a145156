import Glibc
import Processes
import SystemPackage

// A file is replaced by renaming a complete new one over it: rename(2) is atomic, so any reader, even after a
// SIGKILL, finds the old content or the new. fsync(2) before it keeps a file system from writing the new name
// to disk before the new content.
//
// A writer holds flock(2) on its temporary file. If a temporary file can be locked, its writer was killed:
// that takes no clock and no pid to tell.

extension OwnedDirectory {
  /// Replaces the file `name` by `bytes`, with mode 0600, or leaves everything as it was.
  func replace(_ name: String, with bytes: [UInt8]) throws(LedgerError) {
    let filePath = path.appending(name)
    let (temporary, file) = try makeTemporary(for: name)
    defer { try? file.close() }
    do throws(LedgerError) {
      try write(bytes, to: file, path: filePath)
      guard fsync(file.rawValue) == 0 else {
        throw .unwritable(path: filePath, call: "fsync", .last)
      }
      guard renameat(descriptor.rawValue, temporary, descriptor.rawValue, name) == 0 else {
        throw .unwritable(path: filePath, call: "rename", .last)
      }
    } catch {
      unlinkat(descriptor.rawValue, temporary, 0)
      throw error
    }
    // EINVAL: a file system without fsync(2) for directories.
    if fsync(descriptor.rawValue) != 0, Errno.last != .invalidArgument {
      throw .replacedNotSynced(path: filePath, .last)
    }
  }

  /// Removes the temporary files of writers that were killed.
  ///
  /// Nothing depends on it: what cannot be removed now is left to the next writer.
  func removeLeftovers() {
    guard let names = try? names() else { return }
    for name in names where name.hasPrefix(".tmp-") {
      guard let file = try? openFile(name, access: O_RDONLY) else { continue }
      if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 {
        unlinkat(descriptor.rawValue, name, 0)
      }
      try? file.close()
    }
  }

  private func makeTemporary(
    for name: String
  ) throws(LedgerError) -> (name: String, file: FileDescriptor) {
    let filePath = path.appending(name)
    while true {
      let random = String(UInt64.random(in: .min ... .max), radix: 16)
      let temporary = ".tmp-\(name)-\(random)"
      let raw = openat(
        descriptor.rawValue, temporary,
        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      guard raw >= 0 else {
        let error = Errno.last
        if error == .fileExists || error == .interrupted { continue }
        throw .unwritable(path: filePath, call: "open", error)
      }
      let file = FileDescriptor(rawValue: raw)
      // Another process may have come between open and flock, and taken the file for a leftover.
      let locked = flock(raw, LOCK_EX | LOCK_NB) == 0
      if locked, let status = try? FileStatus(of: file), status.linkCount == 1 {
        // The umask may have cleared bits of the mode.
        if fchmod(raw, 0o600) == 0 { return (temporary, file) }
        let error = Errno.last
        unlinkat(descriptor.rawValue, temporary, 0)
        try? file.close()
        throw .unwritable(path: filePath, call: "fchmod", error)
      }
      let error = Errno.last
      try? file.close()
      if !locked, error != .wouldBlock, error != .interrupted {
        unlinkat(descriptor.rawValue, temporary, 0)
        throw .unwritable(path: filePath, call: "flock", error)
      }
    }
  }

  private func write(
    _ bytes: [UInt8], to file: FileDescriptor, path filePath: FilePath
  ) throws(LedgerError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(
          file.rawValue, buffer.baseAddress! + written, buffer.count - written)
      }
      if count < 0 {
        if Errno.last == .interrupted { continue }
        throw .unwritable(path: filePath, call: "write", .last)
      }
      written += count
    }
  }
}
