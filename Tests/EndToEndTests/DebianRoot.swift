import Glibc

/// The root of a small Debian, as after its installation; what is written to it is gone with its test.
final class DebianRoot {
  let path: String
  private let scratch = Scratch()

  /// The package that `scripts/package` built.
  static var package: String { TestMachine.variable("PLACEOS_LOGLEVEL_PACKAGE") ?? "" }
  /// Where `scripts/debian-root` keeps the root that is never written to.
  private static var pristine: String { TestMachine.variable("PLACEOS_LOGLEVEL_DEBIAN_ROOT") ?? "" }
  static var isHere: Bool { !package.isEmpty && !pristine.isEmpty }

  struct Failure: Error { let errors: String }

  /// - Parameter hasProcesses: with this machine's `/proc` in it, as on a host; without one it is an image that is
  ///   being made.
  init(hasProcesses: Bool = true) throws {
    path = scratch.folder("root")
    // An overlay's upper layer may not be an overlay, which this machine's files are.
    let layer = scratch.folder("layer")
    try Self.command("/bin/mount", ["-t", "tmpfs", "layer", layer])
    let (upper, work) = (scratch.folder("layer/upper"), scratch.folder("layer/work"))
    let options = "lowerdir=\(Self.pristine),upperdir=\(upper),workdir=\(work)"
    try Self.command("/bin/mount", ["-t", "overlay", "-o", options, "root", path])
    try Self.command("/bin/mount", ["--bind", "/dev", path + "/dev"])
    if hasProcesses { try Self.command("/bin/mount", ["--bind", "/proc", path + "/proc"]) }
  }

  deinit {
    for mountPoint in ["root/proc", "root/dev", "root", "layer"] {
      _ = try? Command.run("/bin/umount", ["--lazy", "--quiet", scratch(mountPoint)])
    }
  }

  private static func command(_ path: String, _ arguments: [String]) throws {
    let run = try Command.run(path, arguments)
    guard run.status == 0 else { throw Failure(errors: run.errors) }
  }

  /// Runs a command in it.
  @discardableResult
  func callAsFunction(_ words: String...) throws -> Tool.Run {
    try Command.run(
      "/usr/sbin/chroot", [path] + words,
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"])
  }

  /// Installs a package, or another version of it.
  func install(_ package: String = DebianRoot.package) throws -> Tool.Run {
    try Files.write(Files.bytes(package), to: path + "/tmp/package.deb")
    return try self("dpkg", "--install", "/tmp/package.deb")
  }

  /// What dpkg says of the package, such as `install ok installed`; `nil` where it has never heard of it.
  func packageStatus() throws -> String? {
    let run = try self("dpkg-query", "--show", "--showformat=${Status}", "placeos-loglevel")
    return run.status == 0 ? run.output : nil
  }

  func exists(_ file: String) -> Bool { Files.exists(path + file) }
  func text(_ file: String) -> String { Files.text(path + file) }

  /// Every file in the folders that a package puts files into, but what dpkg itself keeps and logs.
  func files() throws -> Set<String> {
    let run = try self(
      "find", "/etc", "/usr", "/lib", "/run", "/var", "-xdev", "!", "-path", "/var/lib/dpkg/*", "!", "-path",
      "/var/log/dpkg.log", "!", "-path", "/var/cache/*")
    return Set(run.output.split(separator: "\n").map(String.init))
  }
}
