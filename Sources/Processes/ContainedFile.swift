import CLinux
import Glibc
import SystemPackage

extension ProcessDirectory {
  /// All bytes of a file as the process sees it, below its own root directory; proc_pid_root(5).
  ///
  /// Whoever controls the container controls the file, and it may lie, but it cannot lead outside: links are
  /// followed only below the container's root (Kubernetes volumes are full of them), and only regular files
  /// are opened. A mount there can hang: call this in a child (``ReaderProcess``).
  ///
  /// - Parameter path: an absolute path.
  /// - Throws: `HostError.unreadable` (ENOENT: it is not there; ELOOP: too many links, or one where Linux is older than 5.6
  ///   and no link can be followed so, openat2(2)), `.notRegular`, `.tooLarge`.
  public func containedBytes(at path: FilePath, limitBytes: Int) throws(HostError) -> [UInt8] {
    let root = self.path.appending("root")
    let folder = openat(descriptor.rawValue, "root", TrustedFile.openPath | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .unreadable(path: root, Errno(rawValue: errno)) }
    let shown = root.pushing(path.removingRoot())
    let file = path.withPlatformString { clinux_open_path_in_root(folder, $0) }
    let code = Errno(rawValue: errno)
    // A system call filter that does not know this call answers EPERM.
    if file < 0, code == .noFunction || code == .notPermitted {
      return try TrustedFile.bytes(in: folder, named: root, at: path, limitBytes: limitBytes) { _ in true }
    }
    close(folder)
    guard file >= 0 else { throw .unreadable(path: shown, code) }
    defer { close(file) }
    guard (try? FileStatus(of: FileDescriptor(rawValue: file)))?.isRegular == true else {
      throw .notRegular(path: shown)
    }
    return try TrustedFile.bytes(of: file, shown: shown, limitBytes: limitBytes)
  }
}
