import Containers
import Glibc
import Processes
import SystemPackage
import TestSupport
import Text

@testable import Logs

/// A log that is written, rotated and cut as its runtime does, and what a follower hands out of it.
final class FollowedLog {
  let folder: ScratchFolder
  var text: [String] = []
  var truncations = 0
  var damages = 0
  private let process: ProcessDirectoryBox

  init() throws {
    folder = try ScratchFolder()
    process = try ProcessDirectoryBox()
  }

  func append(_ text: String, to name: String) throws { try append(Array(text.utf8), to: name) }

  func append(_ bytes: [UInt8], to name: String) throws {
    let file = try FileDescriptor.open(
      folder.path.appending(name), .writeOnly, options: [.append, .create], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }

  func rename(_ old: String, to new: String) {
    Glibc.rename(folder.path.appending(old).string, folder.path.appending(new).string)
  }

  func truncate(_ name: String) { Glibc.truncate(folder.path.appending(name).string, 0) }

  func source(_ place: LogSource.Place, _ format: LogEntry.Format) -> LogSource {
    LogSource(place: place, format: format, files: ContainerFiles(root: folder.path))
  }

  func follow(_ source: LogSource, since: WallTime? = nil) throws -> FollowedFile {
    try FollowedFile(source, of: process.directory, since: since)
  }

  func drain(_ file: inout FollowedFile) throws {
    while try file.read(
      of: process.directory,
      { event in
        switch event {
        case .line(_, _, let line): text.append(String(decoding: line, as: UTF8.self))
        case .truncated: truncations += 1
        case .damaged: damages += 1
        }
      })
    {}
  }
}

private final class ProcessDirectoryBox {
  let directory: ProcessDirectory
  init() throws { directory = try ProcessDirectory.open(pid: getpid(), proc: "/proc")! }
}
