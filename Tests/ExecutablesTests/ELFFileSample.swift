import Glibc
import SystemPackage
import TestSupport

/// A folder of a test's own, with files in it; it goes with the value.
final class ELFFileSample {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  var folder: FilePath { scratch.path }

  func path(_ name: String) -> FilePath { folder.appending(name) }

  /// Writes a file over the one that is there, which keeps its inode, and gives it a time of modification.
  func write(_ bytes: [UInt8], to name: String, modifiedSeconds: Int = 1_700_000_000) throws {
    let file = try FileDescriptor.open(
      path(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWriteExecute)
    defer { try? file.close() }
    try file.writeAll(bytes)
    let time = timespec(tv_sec: modifiedSeconds, tv_nsec: 5)
    let times = [time, time]
    guard futimens(file.rawValue, times) == 0 else { throw Errno(rawValue: errno) }
  }

  func open(_ name: String) throws -> FileDescriptor {
    try FileDescriptor.open(path(name), .readOnly, options: [.closeOnExec, .nonBlocking])
  }
}
