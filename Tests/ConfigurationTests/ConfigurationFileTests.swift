import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Configuration

@Suite("The file of the configuration")
struct ConfigurationFileTests {
  /// A file in a folder of its own, both gone after the test.
  private func withFile(
    _ text: String?, mode: UInt16 = 0o644, _ body: (FilePath) throws -> Void
  ) throws {
    let folder = try ScratchFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path.appending("config.json")
    if let text {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create], permissions: FilePermissions(rawValue: 0o600))
      try file.closeAfter { _ = try file.writeAll(text.utf8) }
      try #require(chmod(path.string, mode_t(mode)) == 0)
    }
    try body(path)
  }

  private func read(_ path: FilePath, owner: UInt32 = getuid()) throws -> Configuration? {
    try ConfigurationFile(path: path, ownerID: owner).read()
  }

  @Test("root's own file is read, whoever else may read it", arguments: [0o644, 0o640, 0o600, 0o444])
  func owned(mode: Int) throws {
    try withFile("{default_for: '2h'}", mode: UInt16(mode)) { path in
      let found = try read(path)
      #expect(found?.defaultFor == .seconds(7_200))
    }
  }

  @Test("a file that others may write is refused", arguments: [0o664, 0o646, 0o666, 0o620])
  func writable(mode: Int) throws {
    try withFile("{}", mode: UInt16(mode)) { path in
      #expect(throws: ConfigurationError.writableByOthers(path: path, mode: UInt32(mode))) { try read(path) }
    }
  }

  @Test("another user's file is refused")
  func foreign() throws {
    try withFile("{}") { path in
      let required = getuid() + 1
      #expect(throws: ConfigurationError.owner(path: path, found: getuid(), required: required)) {
        try read(path, owner: required)
      }
    }
  }

  @Test("a folder, a pipe and a link are refused, and none is waited for")
  func otherKinds() throws {
    try withFile(nil) { path in
      try #require(mkdir(path.string, 0o755) == 0)
      #expect(throws: ConfigurationError.host(.notRegular(path: path))) { try read(path) }
      rmdir(path.string)
      try #require(mkfifo(path.string, 0o600) == 0)
      #expect(throws: ConfigurationError.host(.notRegular(path: path))) { try read(path) }
      unlink(path.string)
      try #require(symlink("/etc/hostname", path.string) == 0)
      #expect(throws: ConfigurationError.host(.notRegular(path: path))) { try read(path) }
    }
  }

  @Test("a missing file is an error only where it was named, and an unreadable one always is")
  func missing() throws {
    try withFile(nil) { path in
      #expect(throws: ConfigurationError.host(.unreadable(path: path, .noSuchFileOrDirectory))) {
        try read(path)
      }
      let below = path.appending("config.json")
      try #require(mkdir(path.string, 0o755) == 0)
      #expect(throws: ConfigurationError.self) { try read(below) }
    }
    let usual = ConfigurationFile(path: nil)
    #expect(usual.path == "/etc/placeos-loglevel/config.json")
    #expect(!usual.isNamed)
    #expect(usual.ownerID == 0)
  }

  @Test("a file that is far too long is refused, not read in part")
  func tooLong() throws {
    try withFile("{}" + String(repeating: " ", count: Configuration.limitBytes)) { path in
      #expect(throws: ConfigurationError.host(.tooLarge(path: path, limitBytes: Configuration.limitBytes))) {
        try read(path)
      }
    }
  }

  @Test("what is wrong in it is told with its path")
  func invalid() throws {
    try withFile("{\n\n  colour: 1}") { path in
      let error = try #require(throws: ConfigurationError.self) { try read(path) }
      guard case .invalid(let found, let flaw) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(found == path)
      #expect(flaw.line == 3)
      #expect(flaw.key == "colour")
    }
  }
}
