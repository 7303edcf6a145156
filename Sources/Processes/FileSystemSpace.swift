import Glibc
import SystemPackage

/// How much is left on a file system, statvfs(3).
public struct FileSystemSpace: Hashable, Sendable {
  /// A path on it.
  public let path: FilePath
  public let sizeBytes: UInt64
  /// What is left to users other than root: the number that df(1) shows.
  public let freeBytes: UInt64

  public init(path: FilePath, sizeBytes: UInt64, freeBytes: UInt64) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.freeBytes = freeBytes
  }

  /// Asks the kernel.
  ///
  /// - Parameter named: the path to show, should `path` be another way to it.
  public init(of path: FilePath, named: FilePath? = nil) throws(HostError) {
    var space = statvfs()
    let result = path.withPlatformString { statvfs($0, &space) }
    guard result == 0 else { throw .unreadable(path: path, Errno(rawValue: errno)) }
    let unit = UInt64(space.f_frsize)
    self.init(
      path: named ?? path, sizeBytes: UInt64(space.f_blocks) * unit, freeBytes: UInt64(space.f_bavail) * unit)
  }

  /// In percent of the whole, rounded down.
  public var freePercent: Int {
    sizeBytes == 0 ? 0 : Int(Double(freeBytes) / Double(sizeBytes) * 100)
  }
}
