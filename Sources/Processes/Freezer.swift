import SystemPackage

/// Whether processes are frozen by their control group, like those of a paused container: a signal sent to
/// them stays pending until they are thawed.
public enum Freezer {
  /// Whether the processes of these control groups are frozen: in version 1 the file `freezer.state` of its group says so, in version 2
  /// `frozen` in `cgroup.events`; both also if an outer group is frozen. The kernel's
  /// Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst and cgroup-v2.rst. A group that cannot be
  /// found says nothing.
  ///
  /// - Parameter cgroup: what `/proc/PID/cgroup` says.
  public static func isFrozen(_ cgroup: [UInt8], hierarchies: FilePath = "/sys/fs/cgroup") -> Bool {
    guard let groups = try? ControlGroups(parsing: cgroup) else { return false }
    for line in groups.lines {
      let path = FilePath(String(decoding: line.path.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self))
      guard !path.components.contains(where: { $0.kind == .parentDirectory }) else { continue }
      if line.hierarchy == 0 {
        for root in [hierarchies, hierarchies.appending("unified")] {
          if says(root.pushing(path).appending("cgroup.events"), ["frozen 1"]) { return true }
        }
      } else if line.controllers.split(separator: UInt8(ascii: ",")).contains(where: {
        $0.elementsEqual("freezer".utf8)
      }) {
        let group = hierarchies.appending("freezer").pushing(path)
        let file = group.appending("freezer.state")
        if says(file, ["FROZEN", "FREEZING"]) { return true }
      }
    }
    return false
  }

  private static func says(_ file: FilePath, _ lines: [String]) -> Bool {
    guard let bytes = try? FileReader.bytes(at: file, limitBytes: 4096) else { return false }
    return bytes.split(separator: UInt8(ascii: "\n")).contains { line in
      lines.contains { line.elementsEqual($0.utf8) }
    }
  }
}
