import SystemPackage
import TestSupport
import Testing

@testable import Processes
@testable import Text

@Suite("Mounts of a process")
struct MountInfoTests {
  static func parse(_ lines: String...) -> MountInfo {
    MountInfo(parsing: Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  @Test("A line gives its device, root, mount point, file system and options")
  func fields() throws {
    let mount = try #require(
      Self.parse(
        "108 90 254:3 /a/hostname /etc/hostname rw,relatime shared:1 master:2 - ext4 /dev/vda rw,x=y"
      ).mounts.first)
    #expect(mount.id == 108)
    #expect(mount.parentID == 90)
    #expect(mount.device == Mount.Device(major: 254, minor: 3))
    #expect(mount.root == "/a/hostname")
    #expect(mount.mountPoint == "/etc/hostname")
    #expect(mount.fileSystem == "ext4")
    #expect(mount.superOptions == Array("rw,x=y".utf8))
    #expect(!mount.isRootDeleted)
  }

  @Test("Optional fields may be none, and a source may look like their end")
  func optionalFields() throws {
    #expect(Self.parse("1 0 8:1 / / rw - ext4 /dev/sda1 rw").mounts[0].fileSystem == "ext4")
    #expect(Self.parse("1 0 8:1 / / rw - fuse - rw").mounts[0].fileSystem == "fuse")
    // An empty source is written as an empty field.
    let unnamed = Self.parse("1 0 8:1 / / rw - tmpfs  rw,size=1k").mounts[0]
    #expect(unnamed.superOptions == Array("rw,size=1k".utf8))
  }

  @Test("Octal escapes stand for space, tab, newline and backslash, and nothing else is changed")
  func escapes() throws {
    let bytes = Array("1 0 8:1 /a\\040b\\011c\\012d\\134e /\\134040 rw - ext4 /dev/sda1 rw".utf8)
    let mount = MountInfo(parsing: bytes).mounts[0]
    #expect(mount.root == FilePath("/a b\tc\nd\\e"))
    #expect(mount.mountPoint == FilePath("/\\040"))
  }

  @Test("A path that is not UTF-8 keeps its bytes")
  func invalidUTF8() throws {
    let mount = MountInfo(
      parsing: Array("1 0 8:1 /".utf8) + [0xFF] + Array(" / rw - ext4 /dev/sda1 rw".utf8)
    ).mounts[0]
    mount.root.withPlatformString { #expect(UInt8(bitPattern: $0[1]) == 0xFF) }
  }

  @Test("Options that no field may hold, as WSL2 writes them, take no other mount with them")
  func foreignOptions() {
    let info = Self.parse(
      #"120 72 0:122 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000"#,
      "108 90 254:0 /var/lib/docker/containers/50db/hostname /etc/hostname rw - ext4 /dev/vda rw")
    #expect(info.mount(at: "/etc/hostname")?.root == "/var/lib/docker/containers/50db/hostname")
  }

  @Test("Of many mounts in one place the last counts, and what is mounted elsewhere is not kept")
  func manyMounts() {
    let lines =
      (0..<40_000).map { "\($0) 1 0:9 /\($0) /etc/hostname rw - tmpfs none rw\n" }
      + (0..<40_000).map { "\($0) 1 0:9 / /m\($0) rw - tmpfs none rw\n" }
    let info = MountInfo(parsing: Array(lines.joined().utf8), at: ["/etc/hostname", "/"])
    #expect(info.mounts.map(\.root) == ["/39999"])
  }

  @Test("A root that was deleted is known as such, by the path that it had")
  func deletedRoot() throws {
    let mount = Self.parse("1 0 8:1 /c/hosts//deleted /etc/hosts rw - ext4 /dev/sda1 rw").mounts[0]
    #expect(mount.root == "/c/hosts")
    #expect(mount.isRootDeleted)
  }

  @Test(
    "A line that is not of the file's form is left out and counted, and hides no other",
    arguments: [
      "1 0 8:1 / / rw ext4 /dev/sda1 rw", "1 0 8:1 / / rw -", "x 0 8:1 / / rw - ext4 d rw",
      "1 0 8 / / rw - ext4 d rw", "1 0 8:1:2 / / rw - ext4 d rw", "1 0 8:99999999999 / / rw - ext4 d rw",
      "1 0 8:1 / etc rw - ext4 d rw", "1 0 8:1 /\\04 / rw - ext4 d rw", "1 0 8:1 /\\ / rw - ext4 d rw",
      "1 0 8:1 /\\999 / rw - ext4 d rw", "1 0 8:1 /\\777 / rw - ext4 d rw", "1 0 8:1 /\\000 / rw - ext4 d rw",
      "1 0 8:1 / /\0 rw - ext4 d rw", "99999999999999999999 0 8:1 / / rw - ext4 d rw", "-", " ",
    ])
  func malformed(line: String) {
    let info = Self.parse("1 0 8:1 / / rw - ext4 /dev/sda1 rw", line, "2 1 8:1 /a /b rw - ext4 /dev/sda1 rw")
    #expect(info.mounts.map(\.mountPoint) == ["/", "/b"])
    #expect(info.unreadLines == 1)
  }

  @Test("The last of several mounts on one point is the one that shows")
  func stacked() throws {
    let info = Self.parse(
      "1 0 8:1 /first /etc/hosts rw - ext4 d rw", "2 0 8:1 /second /etc/hosts rw - ext4 d rw",
      "3 0 8:1 /third /etc/hosts/x rw - ext4 d rw")
    #expect(info.mount(at: "/etc/hosts")?.root == "/second")
    #expect(info.mount(at: "/etc") == nil)
  }

  @Test("A root is found on the host through the mount of its own file system")
  func hostPath() throws {
    let host = Self.parse(
      "1 0 8:1 / / rw - ext4 a rw", "2 1 8:17 / /srv/disk rw - ext4 b rw", "3 1 0:40 / /tmp rw - tmpfs t rw")
    func path(_ device: String, _ root: String) throws -> FilePath? {
      host.hostPath(of: Self.parse("9 8 \(device) \(root) /etc/hostname rw - x x rw").mounts[0])
    }
    #expect(try path("8:1", "/var/lib/docker/c") == "/var/lib/docker/c")
    #expect(try path("8:17", "/docker/c") == "/srv/disk/docker/c")
    #expect(try path("8:17", "/") == "/srv/disk")
    #expect(try path("0:40", "/docker/c") == "/tmp/docker/c")
    #expect(try path("0:99", "/docker/c") == nil)
    #expect(try path("8:1", "/a/../../etc") == nil)
    #expect(try path("8:1", "net:[4026532183]") == nil)
  }

  @Test("The longest root comes first, and others after it")
  func candidates() throws {
    let host = Self.parse(
      "1 0 0:30 /@ / rw - btrfs a rw", "2 1 0:30 /@data /data rw - btrfs a rw",
      "3 1 0:30 / /pool rw - btrfs a rw",
      "4 1 0:30 /@data/docker /var/lib/docker rw - btrfs a rw", "5 1 0:30 /@dat /no rw - btrfs a rw")
    let mount = Self.parse("9 8 0:30 /@data/docker/c /etc/hostname rw - btrfs a rw").mounts[0]
    #expect(host.hostPaths(of: mount) == ["/var/lib/docker/c", "/data/docker/c", "/pool/@data/docker/c"])
  }

  @Test("A path that another mount covers comes after one that leads there")
  func covered() throws {
    let host = Self.parse(
      "1 0 8:1 / / rw - ext4 a rw", "2 1 8:17 /docker /data rw - ext4 b rw",
      "3 1 8:17 / /disk rw - ext4 b rw",
      "4 1 8:33 / /data rw - ext4 c rw")
    let mount = Self.parse("9 8 8:17 /docker/c /etc/hostname rw - ext4 b rw").mounts[0]
    #expect(host.hostPaths(of: mount) == ["/disk/docker/c", "/data/c"])
  }

  @Test("An overlay's upper folder is read from its options")
  func superOption() throws {
    let mount = Self.parse(
      "1 0 0:1 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u\\040p/diff,workdir=/w"
    ).mounts[0]
    #expect(mount.path(ofSuperOption: "upperdir") == "/u p/diff")
    #expect(mount.path(ofSuperOption: "upper") == nil)
  }

  @Test("Random changes of a real file never crash the parser")
  func mutations() {
    var random = SeededNumbers(seed: 11)
    let real = Array(
      """
      1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
      9 8 8:1 /a\\040b/c /etc/hosts rw - ext4 d rw,upperdir=/x

      """.utf8)
    for _ in 0..<400 {
      let info = MountInfo(parsing: random.mutate(real))
      for mount in info.mounts { _ = info.hostPaths(of: mount) }
    }
  }
}
