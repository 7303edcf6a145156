import Glibc
import Processes
import SystemPackage
import Text

/// Why the configuration file cannot be used. It was left as it is.
public enum ConfigurationError: Error, Hashable, Sendable {
  case host(HostError)
  /// It belongs to another user. Both are user ids.
  case owner(path: FilePath, found: UInt32, required: UInt32)
  /// Others than its owner may write it. `mode` is its permission bits.
  case writableByOthers(path: FilePath, mode: UInt32)
  case invalid(path: FilePath, ConfigurationFlaw)
}

/// The configuration file.
public struct ConfigurationFile: Hashable, Sendable {
  public let path: FilePath
  /// Whether somebody named it, so that it must exist.
  public let isNamed: Bool
  /// The user who must own it.
  public let ownerID: UInt32

  /// - Parameter path: `nil` for the default, where it may be missing.
  public init(path: FilePath?, ownerID: UInt32 = 0) {
    self.path = path ?? "/etc/placeos-loglevel/config.json"
    isNamed = path != nil
    self.ownerID = ownerID
  }

  /// What it says; `nil` if the default file does not exist.
  ///
  /// It decides what root sends signals to. So it must be a regular file that root owns and nobody else may
  /// write; a link is refused, because its owner says nothing about the target.
  public func read() throws(ConfigurationError) -> Configuration? {
    let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let raw = path.withPlatformString { open($0, flags) }
    guard raw >= 0 else {
      let code = Errno(rawValue: errno)
      if code == .noSuchFileOrDirectory, !isNamed { return nil }
      // open(2), O_NOFOLLOW: ELOOP if the last component is a link.
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

extension ConfigurationError {
  /// What is wrong with the file, and what was expected.
  public var sentence: String {
    switch self {
    case .host(.notRegular(let path)):
      "\(path.string.printable) is not used: it is not a regular file (a link does not count)"
    case .host(let error): error.sentence
    case .owner(let path, let found, let required):
      "\(path.string.printable) is not used: it belongs to user \(found), not to user \(required)"
    case .writableByOthers(let path, let mode):
      "\(path.string.printable) is not used: its mode is 0\(String(mode, radix: 8)), so that others may write it "
        + "(chmod go-w it)"
    case .invalid(let path, let flaw):
      "\(path.string.printable):\(flaw.line): \(flaw.key.isEmpty ? "" : flaw.key.printable + ": ")"
        + "expected \(flaw.expected.printable)"
    }
  }
}
