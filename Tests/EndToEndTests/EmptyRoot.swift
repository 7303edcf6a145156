import Glibc
import TestSupport

/// A root in which there is nothing but the program and `/proc`, as in the image; for one test.
final class EmptyRoot {
  struct NotMounted: Error {}

  private let path: String

  init(_ scratch: Scratch) throws {
    path = scratch.folder("root")
    try Files.write(Files.bytes(TestMachine.program), to: path + "/placeos-loglevel")
    chmod(path + "/placeos-loglevel", 0o755)
    mkdir(path + "/state", 0o700)
    mkdir(path + "/proc", 0o755)
    guard try Command.run("/bin/mount", ["--bind", "/proc", path + "/proc"]).status == 0 else {
      throw NotMounted()
    }
  }

  deinit { _ = try? Command.run("/bin/umount", ["--lazy", path + "/proc"]) }

  /// Runs the program in it, with its state there.
  func tool(_ words: String...) throws -> Tool.Run {
    try Command.run(
      "/usr/sbin/chroot", [path, "/placeos-loglevel"] + words + ["--state-dir", "/state", "--json"])
  }
}
