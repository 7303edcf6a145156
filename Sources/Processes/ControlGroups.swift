import Text

/// The control groups of one process: the lines of `/proc/PID/cgroup`, cgroups(7).
public struct ControlGroups: Hashable, Sendable {
  /// One line: the group that the process has in one hierarchy.
  public struct Line: Hashable, Sendable {
    /// 0 for the version 2 hierarchy, otherwise the number of a version 1 hierarchy.
    public let hierarchy: UInt32
    /// What the hierarchy controls, such as `cpu,cpuacct` or `name=systemd`; empty in version 2.
    public let controllers: [UInt8]
    /// The group's path below the hierarchy's root, absolute. Any bytes but NUL and newline.
    public let path: [UInt8]
  }

  public let lines: [Line]

  /// The kernel does not write a longer file: a path has at most 4096 bytes, and there are few hierarchies.
  public static let limitBytes = 1 << 20

  /// Parses the whole of `/proc/PID/cgroup`. It may have no lines: on that kernel no hierarchy was ever
  /// mounted.
  ///
  /// ```
  /// 9:name=systemd:/docker/50db48f4ec4fcb40078952cdfb0321cd32fef0cd749a5bcd2e2fa037c830106d
  /// 4:cpu,cpuacct:/docker/50db48f4ec4fcb40078952cdfb0321cd32fef0cd749a5bcd2e2fa037c830106d
  /// 0::/system.slice/docker-50db48f4ec4fcb40078952cdfb0321cd32fef0cd749a5bcd2e2fa037c830106d.scope
  /// ```
  /// The path may hold `:` as well, so only the first two separate. It cannot hold a newline: for this file's
  /// sake the kernel makes no group with one in its name.
  public init(parsing bytes: [UInt8]) throws(ParseError) {
    var lines: [Line] = []
    try bytes.forEachLine { line throws(ParseError) in
      guard let first = line.firstIndex(of: UInt8(ascii: ":")),
        let second = line[(first + 1)...].firstIndex(of: UInt8(ascii: ":"))
      else { throw ParseError("cgroup: line \(lines.count + 1) has no three fields") }
      guard let hierarchy = UInt32(ascii: line[..<first]) else {
        throw ParseError("cgroup: line \(lines.count + 1) does not begin with a hierarchy number")
      }
      let path = line[(second + 1)...]
      guard path.first == UInt8(ascii: "/"), !path.contains(0) else {
        throw ParseError("cgroup: line \(lines.count + 1) has no absolute path")
      }
      lines.append(
        Line(hierarchy: hierarchy, controllers: Array(line[(first + 1)..<second]), path: Array(path)))
    }
    self.lines = lines
  }
}
