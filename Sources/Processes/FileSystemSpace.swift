import Glibc
import SystemPackage

/// How much space is left on a file system, statvfs(3).
public struct FileSystemSpace: Hashable, Sendable {
  /// A path on it.
  public let path: FilePath
  public let sizeBytes: UInt64
  /// The space left to users other than root: the number that df(1) shows.
  public let freeBytes: UInt64

  public init(path: FilePath, sizeBytes: UInt64, freeBytes: UInt64) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.freeBytes = freeBytes
  }

  /// Asks the kernel.
  ///
  /// - Parameter named: the path to show, if `path` is another way to it.
  public init(of path: FilePath, named: FilePath? = nil) throws(HostError) {
    var space = statvfs()
    let result = path.withPlatformString { statvfs($0, &space) }
    guard result == 0 else { throw .unreadable(path: path, Errno(rawValue: errno)) }
    // A file system may claim anything.
    func bytes(_ blocks: fsblkcnt_t) -> UInt64 {
      let (bytes, overflow) = UInt64(blocks).multipliedReportingOverflow(by: UInt64(space.f_frsize))
      return overflow ? .max : bytes
    }
    self.init(path: named ?? path, sizeBytes: bytes(space.f_blocks), freeBytes: bytes(space.f_bavail))
  }

  /// In percent of the total, rounded down.
  public var freePercent: Int {
    sizeBytes == 0 ? 0 : Int(min(100, Double(freeBytes) / Double(sizeBytes) * 100))
  }
}
