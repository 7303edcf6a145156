import Glibc
import SystemPackage
import Text

/// What stat(2) says of a file, as far as this program asks.
public struct FileStatus: Hashable, Sendable {
  public let device: UInt64
  public let inode: UInt64
  public let mode: UInt32
  public let linkCount: UInt64
  public let ownerID: UInt32
  public let sizeBytes: Int64
  /// A time that does not fit (a file may claim any) wraps: it is only compared.
  public let modified: WallTime
  /// When it was last created, written, renamed or given other rights, likewise. A package's files keep the
  /// time of packing as their mtime, but not this one; inode(7).
  public let changed: WallTime

  public var isRegular: Bool { mode & S_IFMT == S_IFREG }
  public var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
  public var isSymbolicLink: Bool { mode & S_IFMT == S_IFLNK }
  /// The permission bits, `07777`.
  public var permissions: UInt32 { mode & 0o7777 }

  /// Whether both are of the same file, whatever its names: no two files that exist at one moment have the
  /// same device and inode; inode(7).
  public func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }

  /// The status of an open file, fstat(2).
  public init(of descriptor: FileDescriptor) throws(Errno) {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
    self.init(status)
  }

  /// The status of the file at `path` relative to `directory`, fstatat(2).
  public init(
    at path: String, in directory: FileDescriptor, followLinks: Bool = true
  ) throws(Errno) {
    var status = stat()
    guard fstatat(directory.rawValue, path, &status, followLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0
    else { throw Errno(rawValue: errno) }
    self.init(status)
  }

  /// The status of the file at `path`, stat(2) or lstat(2). The path may hold any bytes.
  public init(at path: FilePath, followLinks: Bool = true) throws(Errno) {
    var status = stat()
    let result = path.withPlatformString {
      fstatat(AT_FDCWD, $0, &status, followLinks ? 0 : AT_SYMLINK_NOFOLLOW)
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
    self.init(status)
  }

  /// Whether there is nothing at `path`. A file that cannot be looked at is not missing.
  public static func isMissing(_ path: FilePath) -> Bool {
    do { _ = try FileStatus(at: path) } catch { return error == .noSuchFileOrDirectory }
    return false
  }

  private init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    mode = status.st_mode
    linkCount = UInt64(status.st_nlink)
    ownerID = status.st_uid
    sizeBytes = Int64(status.st_size)
    modified = WallTime(wrapping: status.st_mtim)
    changed = WallTime(wrapping: status.st_ctim)
  }
}

extension WallTime {
  fileprivate init(wrapping time: timespec) {
    self.init(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }
}
