import Glibc
import SystemPackage

/// Files that only root (or the user of this program) can have put where they are.
///
/// Everything that follows believes a runtime's record of a container. So its path is walked component by
/// component: no link is followed, and each folder and the file itself must belong to root and be writable by
/// nobody else. What is checked is what is opened: `O_PATH` does not open the thing itself, open(2), so a
/// pipe, a terminal or a device instead of a file is not even touched.
public enum TrustedFile {
  /// All bytes of the file at `path`.
  ///
  /// - Parameters:
  ///   - root: the folder that stands for `/`; the caller vouches for what is above it.
  ///   - path: an absolute path below `root`.
  /// - Throws: `HostError.unreadable` (ENOENT: it is not there; ELOOP: a link; EACCES: somebody else could have put it
  ///   there), `.notRegular`, `.tooLarge`.
  public static func bytes(below root: FilePath, at path: FilePath, limitBytes: Int) throws(HostError)
    -> [UInt8]
  {
    try bytes(in: folder(root), named: root, at: path, limitBytes: limitBytes, accepting: \.isTrusted)
  }

  /// The same for any open folder, and any owner and mode that `isAccepted` takes.
  ///
  /// - Parameter folder: closed here.
  static func bytes(
    in folder: Int32, named root: FilePath, at path: FilePath, limitBytes: Int,
    accepting isAccepted: (FileStatus) -> Bool
  ) throws(HostError) -> [UInt8] {
    let shown = root.pushing(path.removingRoot())
    let file = try open(folder, named: root, at: path, isAccepted)
    defer { close(file) }
    return try bytes(of: file, shown: shown, limitBytes: limitBytes)
  }

  /// All bytes of a file in a process's working directory, `/proc/PID/cwd`, in whichever mount namespace. The
  /// directory itself is checked like any folder on the way; the caller vouches for the process.
  ///
  /// - Throws: as ``bytes(below:at:limitBytes:)``.
  public static func bytes(
    named name: FilePath.Component, inWorkingDirectoryOf process: borrowing ProcessDirectory, limitBytes: Int
  ) throws(HostError) -> [UInt8] {
    let link = process.path.appending("cwd")
    let folder = openat(process.descriptor.rawValue, "cwd", openPath | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .unreadable(path: link, Errno(rawValue: errno)) }
    guard (try? FileStatus(of: FileDescriptor(rawValue: folder)))?.isTrusted == true else {
      close(folder)
      throw .unreadable(path: link, .permissionDenied)
    }
    return try bytes(
      in: folder, named: link, at: FilePath("/").appending(name), limitBytes: limitBytes,
      accepting: \.isTrusted)
  }

  /// All bytes of the file behind an `O_PATH` descriptor, known to be a regular file.
  static func bytes(of file: Int32, shown: FilePath, limitBytes: Int) throws(HostError) -> [UInt8] {
    // By its descriptor, whatever has become of its name; proc_pid_fd(5).
    let raw = Glibc.open("/proc/self/fd/\(file)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard raw >= 0 else { throw .unreadable(path: shown, Errno(rawValue: errno)) }
    let opened = FileDescriptor(rawValue: raw)
    defer { try? opened.close() }
    return try FileReader.bytes(of: opened, path: shown, limitBytes: limitBytes)
  }

  /// Whether only root can have put anything at a path, file or folder. If it does not exist: whether only
  /// root could create it.
  public static func isTrusted(below root: FilePath, at path: FilePath) -> Bool {
    do throws(HostError) {
      close(try walk(folder(root), named: root, at: path, \.isTrusted).descriptor)
      return true
    } catch {
      if case .unreadable(_, .noSuchFileOrDirectory) = error { return true }
      return false
    }
  }

  /// `O_PATH`, which the Glibc module lacks; open(2).
  static let openPath: Int32 = 0o10_000_000

  private static func folder(_ path: FilePath) throws(HostError) -> Int32 {
    let folder = path.withPlatformString { Glibc.open($0, openPath | O_DIRECTORY | O_CLOEXEC) }
    guard folder >= 0 else { throw .unreadable(path: path, Errno(rawValue: errno)) }
    return folder
  }

  private static func open(
    _ folder: Int32, named root: FilePath, at path: FilePath, _ isAccepted: (FileStatus) -> Bool
  ) throws(HostError) -> Int32 {
    let (descriptor, status) = try walk(folder, named: root, at: path, isAccepted)
    guard status.isRegular else {
      close(descriptor)
      throw .notRegular(path: root.pushing(path.removingRoot()))
    }
    return descriptor
  }

  private static func walk(
    _ folder: Int32, named root: FilePath, at path: FilePath, _ isAccepted: (FileStatus) -> Bool
  ) throws(HostError) -> (descriptor: Int32, status: FileStatus) {
    var shown = root
    var current = folder
    var status: FileStatus?
    for component in path.components {
      shown.append(component)
      guard component.kind == .regular else {
        close(current)
        throw .unreadable(path: shown, .invalidArgument)
      }
      let next = component.withPlatformString { openat(current, $0, openPath | O_NOFOLLOW | O_CLOEXEC) }
      let code = Errno(rawValue: errno)
      close(current)
      guard next >= 0 else {
        // ENOENT is reported for the whole path; any other error for the component in the way.
        let isMissing = code == .noSuchFileOrDirectory
        throw .unreadable(path: isMissing ? root.pushing(path.removingRoot()) : shown, code)
      }
      current = next
      do throws(Errno) {
        let found = try FileStatus(of: FileDescriptor(rawValue: next))
        if found.isSymbolicLink { throw .tooManySymbolicLinkLevels }
        guard isAccepted(found) else { throw .permissionDenied }
        status = found
      } catch {
        close(next)
        throw .unreadable(path: shown, error)
      }
    }
    guard let status else {
      close(current)
      throw .unreadable(path: shown, .isDirectory)
    }
    return (current, status)
  }
}

extension FileStatus {
  /// Whether it belongs to root, or the user of this program, and nobody else may write it.
  fileprivate var isTrusted: Bool {
    (ownerID == 0 || ownerID == geteuid()) && permissions & (UInt32(S_IWGRP) | UInt32(S_IWOTH)) == 0
  }
}
