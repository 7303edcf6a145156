import Glibc
import Processes
import SystemPackage

/// An open directory that only its owner may use, and the files in it, likewise.
///
/// Everything goes through the directory's descriptor, so what was checked when it was opened is what is
/// used, whatever happens to its path. Only the last component of the path is checked: whoever may rename
/// things in the directories above can put another directory there, but not one that belongs to the owner.
final class OwnedDirectory: Sendable {
  let path: FilePath
  let ownerID: UInt32
  let descriptor: FileDescriptor

  private init(path: FilePath, ownerID: UInt32, descriptor: FileDescriptor) {
    self.path = path
    self.ownerID = ownerID
    self.descriptor = descriptor
  }

  deinit { try? descriptor.close() }

  /// Opens the directory at `path`; makes it first, with mode 0700, if it is missing and `create` is set.
  ///
  /// - Returns: `nil` if there is none and `create` is not set.
  /// - Throws: `LedgerError.refused`, `.parentMissing`, `.unreadable`, `.unwritable`.
  static func open(
    at path: FilePath, create: Bool, ownerID: UInt32
  ) throws(LedgerError) -> OwnedDirectory? {
    var path = path
    // `DIR/.` would open what a link DIR points to, despite O_NOFOLLOW.
    while path.lastComponent?.kind == .currentDirectory, path.components.count > 1 {
      path.removeLastComponent()
    }
    guard !path.isEmpty else { throw .unreadable(path: path, .noSuchFileOrDirectory) }
    var made = false
    if create {
      made = mkdir(path.string, 0o700) == 0
      let error = Errno.last
      if !made, error == .noSuchFileOrDirectory {
        throw .parentMissing(path: path, parent: path.removingLastComponent())
      }
      if !made, error != .fileExists {
        // mkdir(2) may refuse (EROFS, EACCES) before it checks whether the directory exists.
        if (try? FileStatus(at: path, followLinks: false)) == nil {
          throw .unwritable(path: path, call: "mkdir", error)
        }
      }
    }
    let raw = Glibc.open(path.string, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard raw >= 0 else {
      let error = Errno.last
      let status = try? FileStatus(at: path, followLinks: false)
      if status?.isSymbolicLink == true { throw .refused(path: path, .symbolicLink) }
      if error == .noSuchFileOrDirectory, !create { return nil }
      if status?.isDirectory == false { throw .refused(path: path, .notDirectory) }
      throw .unreadable(path: path, error)
    }
    let directory = OwnedDirectory(
      path: path, ownerID: ownerID, descriptor: FileDescriptor(rawValue: raw))
    // The umask may have cleared bits of the mode, and a parent's set-group-ID bit may have added one.
    if made, fchmod(raw, 0o700) != 0 {
      throw .unwritable(path: path, call: "fchmod", .last)
    }
    var status = try directory.status(of: directory.descriptor, path: path)
    guard status.ownerID == ownerID else {
      throw .refused(path: path, .owner(found: status.ownerID, required: ownerID))
    }
    if create, directory.isNew(status), fchmod(raw, 0o700) == 0 {
      status = try directory.status(of: directory.descriptor, path: path)
    }
    guard status.permissions & ~0o700 == 0 else {
      throw .refused(path: path, .permissions(found: status.permissions, allowed: 0o700))
    }
    return directory
  }

  /// Whether it is as a container engine makes a mount point: empty, and with mode 0755. Only its owner can
  /// have put anything there before it is closed to others.
  private func isNew(_ status: FileStatus) -> Bool {
    guard status.permissions == 0o755 else { return false }
    let copy = openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let folder = fdopendir(copy) else { return false }
    defer { closedir(folder) }
    var names = 0
    while readdir(folder) != nil { names += 1 }
    // "." and ".."
    return names <= 2
  }

  /// Opens the file `name` and checks that it is regular, the owner's, nobody else's and without a second
  /// name.
  ///
  /// - Parameters:
  ///   - access: `O_RDONLY` or `O_RDWR`, and `O_APPEND`.
  ///   - create: make it with mode 0600, whatever the umask, if it is missing.
  /// - Returns: `nil` if there is none and `create` is not set.
  func openFile(
    _ name: String, access: Int32, create: Bool = false
  ) throws(LedgerError) -> FileDescriptor? {
    let filePath = path.appending(name)
    // O_NONBLOCK: a pipe instead of the file must not make open(2) wait.
    let flags = access | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    if create {
      let raw = openat(descriptor.rawValue, name, flags | O_CREAT | O_EXCL, 0o600)
      if raw >= 0 {
        let file = FileDescriptor(rawValue: raw)
        guard fchmod(raw, 0o600) == 0 else {
          let error = Errno.last
          try? file.close()
          throw .unwritable(path: filePath, call: "fchmod", error)
        }
        return try checked(file, path: filePath)
      }
      let error = Errno.last
      guard error == .fileExists else { throw .unwritable(path: filePath, call: "open", error) }
    }
    let raw = openat(descriptor.rawValue, name, flags)
    guard raw >= 0 else {
      let error = Errno.last
      if error == .noSuchFileOrDirectory { return nil }
      let status = try? FileStatus(at: name, in: descriptor, followLinks: false)
      if status?.isSymbolicLink == true { throw .refused(path: filePath, .symbolicLink) }
      if status?.isRegular == false { throw .refused(path: filePath, .notRegularFile) }
      if access & O_ACCMODE == O_RDONLY { throw .unreadable(path: filePath, error) }
      throw .unwritable(path: filePath, call: "open", error)
    }
    return try checked(FileDescriptor(rawValue: raw), path: filePath)
  }

  /// The names in it, sorted; a name that is not UTF-8 is not one of this program's.
  func names() throws(LedgerError) -> [String] {
    let listing = openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard listing >= 0 else { throw .unreadable(path: path, .last) }
    guard let stream = fdopendir(listing) else {
      let error = Errno.last
      close(listing)
      throw .unreadable(path: path, error)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// All bytes of the file `name`; `nil` if there is none.
  func bytes(of name: String, limitBytes: Int) throws(LedgerError) -> [UInt8]? {
    guard let file = try openFile(name, access: O_RDONLY) else { return nil }
    defer { try? file.close() }
    return try bytes(of: file, name: name, limitBytes: limitBytes)
  }

  /// All bytes of the open file `name`.
  func bytes(
    of file: FileDescriptor, name: String, limitBytes: Int
  ) throws(LedgerError) -> [UInt8] {
    do {
      return try FileReader.bytes(of: file, path: path.appending(name), limitBytes: limitBytes)
    } catch {
      switch error {
      case .unreadable(let path, let errno): throw .unreadable(path: path, errno)
      case .tooLarge(let path, let limitBytes): throw .tooLarge(path: path, limitBytes: limitBytes)
      default:
        throw .unreadable(path: path.appending(name), .ioError)
      }
    }
  }

  /// Whether `name` is still the open file `file` (and not a replacement).
  func name(_ name: String, refersTo file: FileDescriptor) -> Bool {
    guard let named = try? FileStatus(at: name, in: descriptor, followLinks: false),
      let open = try? FileStatus(of: file)
    else { return false }
    return named.isSameFile(as: open)
  }

  private func checked(
    _ file: FileDescriptor, path filePath: FilePath
  ) throws(LedgerError) -> FileDescriptor {
    do throws(LedgerError) {
      let status = try status(of: file, path: filePath)
      guard status.isRegular else { throw LedgerError.refused(path: filePath, .notRegularFile) }
      guard status.ownerID == ownerID else {
        throw LedgerError.refused(
          path: filePath, .owner(found: status.ownerID, required: ownerID))
      }
      guard status.permissions & ~0o700 == 0 else {
        throw LedgerError.refused(
          path: filePath, .permissions(found: status.permissions, allowed: 0o600))
      }
      // 0: replaced between open and fstat, so what is read is the complete old content.
      guard status.linkCount <= 1 else {
        throw LedgerError.refused(path: filePath, .linked(count: status.linkCount))
      }
      return file
    } catch {
      try? file.close()
      throw error
    }
  }

  private func status(
    of file: FileDescriptor, path: FilePath
  ) throws(LedgerError) -> FileStatus {
    do { return try FileStatus(of: file) } catch { throw .unreadable(path: path, error) }
  }
}

extension Errno {
  /// The error of the call just made in this thread, errno(3).
  static var last: Errno { Errno(rawValue: errno) }
}
