import Glibc
import Processes
import SystemPackage

/// Why the configuration's file cannot be used. It was left as it is.
public enum ConfigurationError: Error, Hashable, Sendable {
  case host(HostError)
  /// It belongs to another user. Both are user ids.
  case owner(path: FilePath, found: UInt32, required: UInt32)
  /// Others than its owner may write it. `mode` are its permission bits.
  case writableByOthers(path: FilePath, mode: UInt32)
  case invalid(path: FilePath, ConfigurationFlaw)
}

/// The file that the configuration is in.
public struct ConfigurationFile: Hashable, Sendable {
  public let path: FilePath
  /// Whether somebody named it, so that it must be there.
  public let isNamed: Bool
  /// Whose it must be.
  public let ownerID: UInt32

  /// - Parameter path: `nil` for its usual place, where it may be missing.
  public init(path: FilePath?, ownerID: UInt32 = 0) {
    self.path = path ?? "/etc/placeos-loglevel/config.json"
    isNamed = path != nil
    self.ownerID = ownerID
  }

  /// What it says; `nil` where it is in its usual place, and not there.
  ///
  /// It decides what root sends signals to. So it must be a regular file of root's that nobody else may write; a
  /// link is refused, for who owns that says nothing of what it points to.
  public func read() throws(ConfigurationError) -> Configuration? {
    let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let raw = path.withPlatformString { open($0, flags) }
    guard raw >= 0 else {
      let code = Errno(rawValue: errno)
      if code == .noSuchFileOrDirectory, !isNamed { return nil }
      // open(2), O_NOFOLLOW: ELOOP where the last component is a link.
      throw .host(
        code == .tooManySymbolicLinkLevels ? .notRegular(path: path) : .unreadable(path: path, code))
    }
    let file = FileDescriptor(rawValue: raw)
    defer { try? file.close() }
    let status: FileStatus
    do { status = try FileStatus(of: file) } catch { throw .host(.unreadable(path: path, error)) }
    guard status.isRegular else { throw .host(.notRegular(path: path)) }
    guard status.ownerID == ownerID else {
      throw .owner(path: path, found: status.ownerID, required: ownerID)
    }
    guard status.permissions & 0o022 == 0 else {
      throw .writableByOthers(path: path, mode: status.permissions)
    }
    let bytes: [UInt8]
    do {
      bytes = try FileReader.bytes(of: file, path: path, limitBytes: Configuration.limitBytes)
    } catch { throw .host(error) }
    do { return try Configuration(parsing: bytes) } catch { throw .invalid(path: path, error) }
  }
}
