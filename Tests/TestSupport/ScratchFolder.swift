import Glibc
import SystemPackage

/// A new empty folder in /tmp for its maker alone; it goes with all that is in it when the last reference does.
public final class ScratchFolder: Sendable {
  public let path: FilePath

  public init() throws {
    var template = Array("/tmp/placeos-loglevel-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    path = FilePath(platformString: template)
  }

  deinit { removeTree(path) }
}

/// Runs `body` with a new empty folder, which is gone afterwards.
public func withScratchFolder<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
  let folder = try ScratchFolder()
  defer { withExtendedLifetime(folder) {} }
  // Everybody may look into it: some tests do so as another user.
  chmod(folder.path.string, 0o755)
  return try body(folder.path)
}

/// Removes a file, or a folder with all that is in it; what is not there is no error. Links are not followed, and
/// names may be bytes that are no text.
public func removeTree(_ path: FilePath) {
  if let open = try? FileDescriptor.open(path, .readOnly, options: [.directory, .noFollow, .nonBlocking]),
    let folder = fdopendir(open.rawValue)
  {
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        FilePath.Component(platformString: Array($0.bindMemory(to: CChar.self)))
      }
      if let name, name.kind == .regular { removeTree(path.appending(name)) }
    }
    closedir(folder)
  }
  _ = path.withPlatformString { Glibc.remove($0) }
}
