import SystemPackage
import Text

/// One mount: a line of `/proc/PID/mountinfo`, proc_pid_mountinfo(5).
public struct Mount: Hashable, Sendable {
  /// The number of a file system's device, the first and second half of `st_dev`.
  public struct Device: Hashable, Sendable {
    public let major: UInt32
    public let minor: UInt32

    public init(major: UInt32, minor: UInt32) {
      self.major = major
      self.minor = minor
    }
  }

  public let id: UInt64
  public let parentID: UInt64
  public let device: Device
  /// The folder or file of the file system that is mounted, as a path within that file system. Not absolute
  /// for some of the kernel's own file systems (`net:[4026532183]` of nsfs).
  public let root: FilePath
  /// The root has been unlinked since it was mounted (the kernel adds `//deleted`); `root` is what it was.
  public let isRootDeleted: Bool
  /// Where it is mounted, relative to the process's root.
  public let mountPoint: FilePath
  public let fileSystem: String
  /// The options of the file system itself, with escapes resolved.
  public let superOptions: [UInt8]

  /// Parses one line, without its newline.
  ///
  /// ```
  /// 108 90 254:0 /var/lib/docker/containers/50db…/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw
  /// 64 43 254:0 /data /data rw,relatime shared:1 master:2 - ext4 /dev/vda rw
  /// ```
  /// Any number of optional fields stand between the mount's options and the lone `-`. The kernel writes
  /// space, tab, newline and backslash within a field as `\040`, `\011`, `\012` and `\134`.
  public init(parsing line: some Collection<UInt8>) throws(ParseError) {
    let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard
      fields.count >= 9,
      let separator = fields[6...].firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
      separator + 2 < fields.count
    else { throw ParseError("mountinfo: too few fields") }
    let device = fields[2].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard
      let id = UInt64(digits: fields[0]), let parentID = UInt64(digits: fields[1]), device.count == 2,
      let major = UInt64(digits: device[0]).flatMap(UInt32.init(exactly:)),
      let minor = UInt64(digits: device[1]).flatMap(UInt32.init(exactly:))
    else { throw ParseError("mountinfo: not a number") }
    var root = try Self.unescape(fields[3])
    let deleted = Array("//deleted".utf8)
    isRootDeleted = root.reversed().starts(with: deleted.reversed())
    if isRootDeleted { root.removeLast(deleted.count) }
    let mountPoint = try Self.unescape(fields[4])
    guard mountPoint.first == UInt8(ascii: "/") else {
      throw ParseError("mountinfo: a mount point is not absolute")
    }
    self.id = id
    self.parentID = parentID
    self.device = Device(major: major, minor: minor)
    self.root = Self.path(root)
    self.mountPoint = Self.path(mountPoint)
    fileSystem = String(decoding: try Self.unescape(fields[separator + 1]), as: UTF8.self)
    superOptions = separator + 3 < fields.count ? try Self.unescape(fields[separator + 3]) : []
  }

  /// The value of a file system's option that is a path, such as overlay's `upperdir`.
  public func path(ofSuperOption name: String) -> FilePath? {
    let prefix = Array((name + "=").utf8)
    for option in superOptions.split(separator: UInt8(ascii: ",")) where option.starts(with: prefix) {
      let value = option.dropFirst(prefix.count)
      return value.isEmpty ? nil : Self.path(Array(value))
    }
    return nil
  }

  private static func unescape(_ field: some Collection<UInt8>) throws(ParseError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(field.count)
    var rest = field.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      var value = 0
      for _ in 0..<3 {
        guard let digit = rest.next(), (0x30...0x37).contains(digit) else {
          throw ParseError("mountinfo: a backslash without three octal digits")
        }
        value = value * 8 + Int(digit - 0x30)
      }
      guard let decoded = UInt8(exactly: value) else {
        throw ParseError("mountinfo: an escape beyond one byte")
      }
      bytes.append(decoded)
    }
    // A path from the kernel has no NUL, and would be cut short at it.
    guard !bytes.contains(0) else { throw ParseError("mountinfo: a field holds NUL") }
    return bytes
  }

  private static func path(_ bytes: [UInt8]) -> FilePath {
    (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CInterop.PlatformChar.self) { FilePath(platformString: $0.baseAddress!) }
    }
  }
}

extension UInt64 {
  fileprivate init?(digits: some Collection<UInt8>) {
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    self.init(String(decoding: digits, as: UTF8.self))
  }
}
