/// The file that a process executes, `/proc/PID/exe`; proc_pid_exe(5).
public struct ExecutableFile: Hashable, Sendable {
  /// Its path inside the process's own tree: what the process itself would call it.
  public let path: String
  /// Device and inode, which stay the same however the file is renamed; `nil` if unknown.
  public let device: UInt64?
  public let inode: UInt64?
  /// Whether only the process itself says so, because the kernel may not be asked. It proves nothing.
  public let isClaimed: Bool

  public init(path: String, device: UInt64?, inode: UInt64?, isClaimed: Bool = false) {
    self.path = path
    self.device = device
    self.inode = inode
    self.isClaimed = isClaimed
  }

  /// What the kernel appends to the path of a file that no longer has a name.
  private static let deletedMark = " (deleted)"

  /// The text of a link `exe` without that mark, for a first look: a file's real name may also end so.
  public static func withoutDeletedMark(_ link: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    let mark = deletedMark.utf8
    guard link.count > mark.count, link.suffix(mark.count).elementsEqual(mark) else { return link }
    return UnsafeBufferPointer(rebasing: link.dropLast(mark.count))
  }

  /// Takes the text of the links `exe` and `root` of a process.
  ///
  /// - Parameters:
  ///   - link: such as `/rest-api`, `/srv/jail/rest-api` (in a chroot), `/rest-api (deleted)`.
  ///   - root: the process's root directory as its link gives it; in a container with its own mounts it is
  ///     `/`.
  ///   - status: the file itself. The kernel adds " (deleted)" to the path when the name by which the file
  ///     was executed is gone. A file's real name may also end so, or it may have another name left
  ///     (`linkCount`).
  ///   - isAt: whether a path of the process's own tree leads to the file; `nil` if that is unknown. Asked
  ///     only if the other two do not tell.
  public init(
    link: String, root: String, status: FileStatus?, isAt: (String) -> Bool? = { _ in nil }
  ) {
    var path = link
    var isInRoot = root == "/"
    if !isInRoot, path.hasPrefix(root + "/") {
      path.removeFirst(root.count)
      isInRoot = true
    }
    if path.hasSuffix(Self.deletedMark) {
      let isNameless = status.map { $0.linkCount == 0 } ?? true
      if isNameless || (isInRoot && isAt(path) == false) { path.removeLast(Self.deletedMark.count) }
    }
    self.init(path: path, device: status?.device, inode: status?.inode)
  }
}
