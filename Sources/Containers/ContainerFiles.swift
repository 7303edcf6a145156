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
  /// More entries than any folder listed here has.
  private static let limitEntries = 200_000

  /// `path`, an absolute path of the host, below the root.
  public func below(_ path: FilePath) -> FilePath { root.pushing(path.removingRoot()) }

  /// A regular file that a runtime wrote, in a place that only root can write to.
  func bytes(at path: FilePath) throws(HostError) -> [UInt8] {
    try TrustedFile.bytes(below: root, at: path, limitBytes: Self.limitBytes)
  }

  /// The file at `path`, parsed; a `ParseError` becomes `HostError.malformed`.
  func value<Value>(
    at path: FilePath, parsing parse: ([UInt8]) throws(ParseError) -> Value
  ) throws(HostError) -> Value {
    let bytes = try bytes(at: path)
    do { return try parse(bytes) } catch { throw .malformed(path: below(path), reason: error.reason) }
  }

  /// `/proc/PID/mountinfo`; `process` is a pid or `self`.
  ///
  /// - Parameter points: the wanted mount points, for which only the beginning of the file is read; `nil`: all.
  public func mounts(
    ofProcess process: String, at points: Set<String>? = nil
  ) throws(HostError) -> MountInfo {
    let path = below(FilePath("/proc").appending(process).appending("mountinfo"))
    guard let points else {
      return MountInfo(parsing: try FileReader.bytes(at: path, limitBytes: MountInfo.limitBytes))
    }
    var bytes = try FileReader.beginning(at: path, limitBytes: MountInfo.limitBytesAtPoints)
    // The last line may be cut.
    if bytes.count == MountInfo.limitBytesAtPoints {
      bytes.removeSubrange((bytes.lastIndex(of: UInt8(ascii: "\n")) ?? 0)...)
    }
    return MountInfo(parsing: bytes, at: points)
  }

  /// Whether only root can have put anything at `path`.
  public func isTrusted(_ path: FilePath) -> Bool { TrustedFile.isTrusted(below: root, at: path) }

  /// `/proc/PID/ns/mnt`, namespaces(7); `nil` if unknown.
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

  /// The open folder of a process; `nil` if there is none with this pid.
  func process(_ pid: Int32) throws(HostError) -> ProcessDirectory? {
    try ProcessDirectory.open(pid: pid, proc: below("/proc"))
  }

  /// Whether a process runs as root in the user namespace of this program: then root owns its folder,
  /// proc(5), and its namespace is the same; user_namespaces(7).
  func isOfRoot(_ process: borrowing ProcessDirectory) -> Bool {
    guard let own = try? FileStatus(at: below("/proc/self/ns/user")),
      let other = try? FileStatus(at: "ns/user", in: process.descriptor),
      let folder = try? FileStatus(of: process.descriptor)
    else { return false }
    return folder.ownerID == 0 && other.isSameFile(as: own)
  }

  /// The names in a folder, `.` and `..` left out, sorted. Names that are not UTF-8 are left out as well:
  /// those looked for here are ASCII.
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
  /// The file does not exist, as opposed to one that exists and cannot be read.
  public var isMissingFile: Bool {
    if case .unreadable(_, let errno) = self {
      return errno == .noSuchFileOrDirectory || errno == .notDirectory
    }
    return false
  }
}

/// The answers of several places that may each hold the same knowledge.
struct Search<Value> {
  /// The first answer.
  private(set) var found: Value?
  /// The first file that exists and cannot be read or parsed; it may have held the answer.
  private(set) var unreadable: HostError?
  /// The first file that should have held the answer, and does not exist.
  private(set) var missing: HostError?
  /// The first file that was read, and lists only other containers.
  private(set) var lacking: HostError?

  /// Looks in one more place, unless something was found already. `nil` says that it does not exist.
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

  /// Why nothing was found, if it is certain that there was something to find.
  var failure: HostError? { found == nil ? unreadable ?? lacking ?? missing : nil }
}
