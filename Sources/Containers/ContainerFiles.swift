import Glibc
import Processes
import SystemPackage
import Text

/// The host's files as the container resolver sees them: everything is below one root, so that a recorded
/// tree can stand in for the machine.
public struct ContainerFiles: Sendable {
  public let root: FilePath

  /// - Parameter root: the folder that stands for `/`.
  public init(root: FilePath) { self.root = root }

  /// The largest file of a runtime that is read: Docker's `config.v2.json` has a few KB, some have a few MB.
  static let limitBytes = 8 << 20
  /// More entries than any folder has that is listed here.
  private static let limitEntries = 200_000

  /// `path`, an absolute path of the host, below the root.
  public func below(_ path: FilePath) -> FilePath { root.pushing(path.removingRoot()) }

  /// A regular file that a runtime wrote, where nobody but root can have put it.
  func bytes(at path: FilePath) throws(HostError) -> [UInt8] {
    try TrustedFile.bytes(below: root, at: path, limitBytes: Self.limitBytes)
  }

  /// The file at `path`, parsed; what the parser refuses becomes `HostError.malformed`.
  func value<Value>(
    at path: FilePath, parsing parse: ([UInt8]) throws(ParseError) -> Value
  ) throws(HostError) -> Value {
    let bytes = try bytes(at: path)
    do { return try parse(bytes) } catch { throw .malformed(path: below(path), reason: error.reason) }
  }

  /// `/proc/PID/mountinfo`; `process` is a pid or `self`.
  ///
  /// - Parameter points: the mount points that are asked for; `nil`: all.
  public func mounts(
    ofProcess process: String, at points: Set<String>? = nil
  ) throws(HostError) -> MountInfo {
    let path = below(FilePath("/proc").appending(process).appending("mountinfo"))
    return MountInfo(parsing: try FileReader.bytes(at: path, limitBytes: MountInfo.limitBytes), at: points)
  }

  /// Whether nobody but root can have put there what is at `path`.
  public func isTrusted(_ path: FilePath) -> Bool { TrustedFile.isTrusted(below: root, at: path) }

  /// `/proc/PID/ns/mnt`, namespaces(7); `nil` where it cannot be told.
  func mountNamespace(ofProcess process: String) -> FileStatus? {
    try? FileStatus(at: below(FilePath("/proc").appending(process).appending("ns/mnt")))
  }

  /// `/proc/PID/cgroup`.
  public func controlGroups(ofProcess process: String) throws(HostError) -> ControlGroups {
    let path = below(FilePath("/proc").appending(process).appending("cgroup"))
    let bytes = try FileReader.bytes(at: path, limitBytes: ControlGroups.limitBytes)
    do {
      return try ControlGroups(parsing: bytes)
    } catch {
      throw .malformed(path: path, reason: error.reason)
    }
  }

  /// The names in a folder, `.` and `..` left out, sorted. Names that are not UTF-8 are left out as well:
  /// none that is looked for here has any but ASCII.
  public func names(in path: FilePath) throws(HostError) -> [String] {
    let path = below(path)
    guard let folder = path.withPlatformString({ opendir($0) }) else {
      throw .unreadable(path: path, Errno(rawValue: errno))
    }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        guard errno == 0 else { throw .unreadable(path: path, Errno(rawValue: errno)) }
        return names.sorted()
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        String(validating: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name, name != ".", name != ".." else { continue }
      guard names.count < Self.limitEntries else {
        throw .malformed(path: path, reason: "more than \(Self.limitEntries) entries")
      }
      names.append(name)
    }
  }
}

extension HostError {
  /// There is no such file, as against one that is there and does not speak.
  public var isMissingFile: Bool {
    if case .unreadable(_, let errno) = self {
      return errno == .noSuchFileOrDirectory || errno == .notDirectory
    }
    return false
  }
}

/// What several places that may hold the same knowledge had to say.
struct Search<Value> {
  /// The first answer.
  private(set) var found: Value?
  /// The first file that is there and cannot be read or understood; it may have held the answer.
  private(set) var unreadable: HostError?
  /// The first file that should have held the answer, and is not there.
  private(set) var missing: HostError?
  /// The first file that was read, and lists other containers only.
  private(set) var lacking: HostError?

  /// Looks in one more place, unless something was found already. `nil` says that it was not there.
  mutating func attempt(_ look: () throws(HostError) -> Value?) {
    guard found == nil else { return }
    do {
      found = try look()
    } catch {
      if error.isMissingFile { missing = missing ?? error } else { unreadable = unreadable ?? error }
    }
  }

  mutating func noteLacking(_ path: FilePath) {
    lacking = lacking ?? .malformed(path: path, reason: "it does not list the container")
  }

  /// Why nothing was found, where it is certain that there was something to be found.
  var failure: HostError? { found == nil ? unreadable ?? lacking ?? missing : nil }
}
