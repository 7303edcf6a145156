import Glibc
import SystemPackage

@testable import Host

/// A folder of a test's own, with files in it; it goes with the value.
final class ELFFileSample {
  let folder: FilePath

  init() throws {
    var name = Array("/tmp/placeos-loglevel-elf.XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw Errno(rawValue: errno) }
    folder = FilePath(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  deinit {
    for name in names { unlink(folder.appending(name).string) }
    rmdir(folder.string)
  }

  private var names: [String] = []

  func path(_ name: String) -> FilePath {
    if !names.contains(name) { names.append(name) }
    return folder.appending(name)
  }

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
