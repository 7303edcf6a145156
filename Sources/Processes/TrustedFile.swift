import Glibc
import SystemPackage

/// Files that nobody but root (or whoever runs this program) can have put where they are.
///
/// A runtime's record of a container is believed by everything that follows. So its path is walked component by
/// component: no link is followed, and each folder and the file itself must belong to root and be writable by nobody
/// else. What is opened is what was looked at: `O_PATH` does not open the thing itself, open(2), so that a pipe, a
/// terminal or a device in a file's place is not even touched.
public enum TrustedFile {
  /// All bytes of the file at `path`.
  ///
  /// - Parameters:
  ///   - root: the folder that stands for `/`; what is above it is the caller's.
  ///   - path: an absolute path below `root`.
  /// - Throws: `HostError.unreadable` (ENOENT: it is not there; ELOOP: a link; EACCES: somebody else could have put it
  ///   there), `.notRegular`, `.tooLarge`.
  public static func bytes(below root: FilePath, at path: FilePath, limitBytes: Int) throws(HostError)
    -> [UInt8]
  {
    let shown = root.pushing(path.removingRoot())
    let file = try open(below: root, at: path)
    defer { close(file) }
    // By its descriptor, whatever has become of its name; proc_pid_fd(5).
    let raw = Glibc.open("/proc/self/fd/\(file)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard raw >= 0 else { throw .unreadable(path: shown, Errno(rawValue: errno)) }
    let opened = FileDescriptor(rawValue: raw)
    defer { try? opened.close() }
    return try FileReader.bytes(of: opened, path: shown, limitBytes: limitBytes)
  }

  /// Whether nobody but root can have put anything at a path, be it a file or a folder. Where nothing is there, nobody
  /// but root could put something there.
  public static func isTrusted(below root: FilePath, at path: FilePath) -> Bool {
    do throws(HostError) {
      close(try walk(below: root, at: path).descriptor)
      return true
    } catch {
      if case .unreadable(_, .noSuchFileOrDirectory) = error { return true }
      return false
    }
  }

  /// `O_PATH`, which the Glibc module lacks; open(2).
  private static let openPath: Int32 = 0o10_000_000

  private static func open(below root: FilePath, at path: FilePath) throws(HostError) -> Int32 {
    let (descriptor, status) = try walk(below: root, at: path)
    guard status.isRegular else {
      close(descriptor)
      throw .notRegular(path: root.pushing(path.removingRoot()))
    }
    return descriptor
  }

  private static func walk(
    below root: FilePath, at path: FilePath
  ) throws(HostError) -> (descriptor: Int32, status: FileStatus) {
    var shown = root
    var current = root.withPlatformString { Glibc.open($0, openPath | O_DIRECTORY | O_CLOEXEC) }
    guard current >= 0 else { throw .unreadable(path: root, Errno(rawValue: errno)) }
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
        // What is missing is the file; what is in the way is a component of its path.
        let isMissing = code == .noSuchFileOrDirectory
        throw .unreadable(path: isMissing ? root.pushing(path.removingRoot()) : shown, code)
      }
      current = next
      do throws(Errno) {
        let found = try FileStatus(of: FileDescriptor(rawValue: next))
        if found.isSymbolicLink { throw .tooManySymbolicLinkLevels }
        guard found.isTrusted else { throw .permissionDenied }
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
  /// Whether it is root's, or this program's own user's, and nobody else's to write.
  fileprivate var isTrusted: Bool {
    (ownerID == 0 || ownerID == geteuid()) && permissions & (UInt32(S_IWGRP) | UInt32(S_IWOTH)) == 0
  }
}
