import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Processes
@testable import Text

@Suite("Files")
struct FileReaderTests {
  @Test(
    "A file of any length is read whole, up to its limit",
    arguments: [0, 1, 4095, 4096, 4097, 20_480, 100_000])
  func lengths(count: Int) throws {
    try withScratchFolder { folder in
      let path = folder.appending("file")
      let text = String((0..<count).map { Character(UnicodeScalar(UInt8(33 + $0 % 90))) })
      try write(text, to: path)
      for limit in [count, count + 1, 1 << 20] {
        #expect(try FileReader.bytes(at: path, limitBytes: limit, requireRegular: true) == Array(text.utf8))
      }
      if count > 0 {
        #expect(throws: HostError.tooLarge(path: path, limitBytes: count - 1)) {
          try FileReader.bytes(at: path, limitBytes: count - 1)
        }
      }
    }
  }

  @Test("The beginning of a file is as much as there is, up to the limit", arguments: [0, 1, 4096, 100_000])
  func beginnings(count: Int) throws {
    try withScratchFolder { folder in
      let path = folder.appending("file")
      let text = String((0..<count).map { Character(UnicodeScalar(UInt8(33 + $0 % 90))) })
      try write(text, to: path)
      for limit in [1, 4096, 65_536, 1 << 20] {
        #expect(try FileReader.beginning(at: path, limitBytes: limit) == Array(text.utf8.prefix(limit)))
      }
      #expect(throws: HostError.unreadable(path: folder.appending("none"), .noSuchFileOrDirectory)) {
        try FileReader.beginning(at: folder.appending("none"), limitBytes: 10)
      }
    }
  }

  @Test("Files of /proc have no size, and are read until their end")
  func proc() throws {
    #expect(try FileStatus(at: "/proc/self/status").sizeBytes == 0)
    #expect(try FileReader.bytes(at: "/proc/self/status", limitBytes: 1 << 16).count > 500)
    // Longer than one chunk.
    #expect(try FileReader.bytes(at: "/proc/self/maps", limitBytes: 1 << 24).last == UInt8(ascii: "\n"))
  }

  @Test("What is not there, or is a folder, is an error")
  func errors() {
    #expect(throws: HostError.unreadable(path: "/no/such", .noSuchFileOrDirectory)) {
      try FileReader.bytes(at: "/no/such", limitBytes: 10)
    }
    #expect(throws: HostError.unreadable(path: "/proc", .isDirectory)) {
      try FileReader.bytes(at: "/proc", limitBytes: 10)
    }
    #expect(throws: HostError.notRegular(path: "/proc")) {
      try FileReader.bytes(at: "/proc", limitBytes: 10, requireRegular: true)
    }
  }

  @Test("A pipe in a file's place does not make the reader wait")
  func pipe() throws {
    try withScratchFolder { folder in
      let path = folder.appending("pipe")
      #expect(mkfifo(path.string, 0o600) == 0)
      #expect(throws: HostError.notRegular(path: path)) {
        try FileReader.bytes(at: path, limitBytes: 10, requireRegular: true)
      }
      #expect(throws: HostError.unreadable(path: path, .illegalSeek)) {
        try FileReader.bytes(at: path, limitBytes: 10)
      }
    }
  }

  @Test("An endless file is refused at its limit")
  func endless() {
    #expect(throws: HostError.tooLarge(path: "/dev/zero", limitBytes: 100_000)) {
      try FileReader.bytes(at: "/dev/zero", limitBytes: 100_000)
    }
    #expect(throws: HostError.notRegular(path: "/dev/zero")) {
      try FileReader.bytes(at: "/dev/zero", limitBytes: 100_000, requireRegular: true)
    }
  }

  @Test("A link is followed to what it names, and nothing is read without the right to")
  func links() throws {
    try withScratchFolder { folder in
      try write("text", to: folder.appending("file"))
      #expect(symlink("file", folder.appending("link").string) == 0)
      #expect(symlink("loop", folder.appending("loop").string) == 0)
      #expect(
        try FileReader.bytes(at: folder.appending("link"), limitBytes: 10, requireRegular: true)
          == Array("text".utf8))
      #expect(throws: HostError.unreadable(path: folder.appending("loop"), .tooManySymbolicLinkLevels)) {
        try FileReader.bytes(at: folder.appending("loop"), limitBytes: 10)
      }
    }
  }

  @Test("A moment on the boot-time clock is shown as wall time, whatever that is by then")
  func clock() {
    let now = HostClock(boottime: 1000, wall: 1_000_000)
    #expect(now.wall(at: 1000) == 1_000_000)
    #expect(now.wall(at: 0) == 999_000)
    #expect(now.wall(at: 5000) == 1_004_000)
    let first = HostClock.now()
    let second = HostClock.now()
    #expect(first.boottime > 0 && first.boottime <= second.boottime)
  }
}
