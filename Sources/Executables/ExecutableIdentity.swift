import Processes
import Text

/// Tells one executable from another without reading all of it.
public struct ExecutableIdentity: Hashable, Sendable {
  public let device: UInt64
  public let inode: UInt64
  public let sizeBytes: Int64
  public let modified: WallTime
  /// In lower-case hexadecimal digits; `nil` if the linker left none.
  public let buildID: String?

  public init(device: UInt64, inode: UInt64, sizeBytes: Int64, modified: WallTime, buildID: String?) {
    self.device = device
    self.inode = inode
    self.sizeBytes = sizeBytes
    self.modified = modified
    self.buildID = buildID
  }

  /// The identity of a file whose build id has not been read yet.
  init(_ status: FileStatus) {
    self.init(
      device: status.device, inode: status.inode, sizeBytes: status.sizeBytes,
      modified: status.modified, buildID: nil)
  }

  func with(buildID: String?) -> ExecutableIdentity {
    ExecutableIdentity(
      device: device, inode: inode, sizeBytes: sizeBytes, modified: modified, buildID: buildID)
  }

  /// Whether a file with this status can be the executable; its build id is not checked.
  func matches(_ status: FileStatus) -> Bool {
    device == status.device && inode == status.inode && sizeBytes == status.sizeBytes
      && modified == status.modified
  }
}
