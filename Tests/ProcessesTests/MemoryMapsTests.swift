import TestSupport
import Testing

@testable import Processes
@testable import Text

@Suite("The memory maps of a process")
struct MemoryMapsTests {
  static func maps(_ lines: String...) throws -> MemoryMaps {
    try MemoryMaps(parsing: Array(lines.joined(separator: "\n").utf8))
  }

  static let code = "5589e17bf000-5589e181e000 r-xp 0005f000 fe:01 2757126                    "

  @Test("are read field by field")
  func fields() throws {
    let maps = try Self.maps(
      Self.code + "/srv/rest api (deleted)",
      "7f0c6a000000-7f0c6a021000 rw-s 00000000 00:00 0 ",
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]", "")
    #expect(maps.mappings.count == 3)
    let first = maps.mappings[0]
    #expect(first.start == 0x5589_e17b_f000 && first.end == 0x5589_e181_e000)
    #expect(first.isReadable && !first.isWritable && first.isPrivate)
    #expect(first.fileOffset == 0x5f000 && first.inode == 2_757_126)
    #expect(first.deviceMajor == 0xfe && first.deviceMinor == 1)
    #expect(first.name == "/srv/rest api (deleted)")
    let second = maps.mappings[1]
    #expect(second.isWritable && !second.isPrivate && second.name.isEmpty)
    #expect(!maps.mappings[2].isReadable && maps.mappings[2].name == "[vsyscall]")
    #expect(maps.index(of: 0x5589_e17b_efff) == nil)
    #expect(maps.index(of: 0x5589_e17b_f000) == 0)
    #expect(maps.index(of: 0x5589_e181_dfff) == 0)
    #expect(maps.index(of: 0x5589_e181_e000) == nil)
  }

  @Test("of a process without memory are empty")
  func empty() throws {
    #expect(try MemoryMaps(parsing: []).mappings.isEmpty)
  }

  @Test(
    "of another form are refused",
    arguments: [
      "x", "1000-2000", "2000-1000 r--p 0 0:0 0", "1000-1000 r--p 0 0:0 0", "1000 r--p 0 0:0 0",
      "1000-2000 r-- 0 0:0 0", "1000-2000 q--p 0 0:0 0", "1000-2000 r--x 0 0:0 0",
      "1000-2000 r--p g 0:0 0", "1000-2000 r--p 0 0 0", "1000-2000 r--p 0 0:0 x",
      "1000-10000000000000000 r--p 0 0:0 0", "1000-2000 r--p 0 100000000:0 0", "-2000 r--p 0 0:0 0",
      "1000-2000 r--p 0 0:0 0\n1800-3000 r--p 0 0:0 0", "2000-3000 r--p 0 0:0 0\n1000-2000 r--p 0 0:0 0",
    ])
  func malformed(_ text: String) {
    #expect(throws: ParseError.self) { try MemoryMaps(parsing: Array(text.utf8)) }
  }

  @Test("with random damage never make the parser fail")
  func random() {
    let whole = Array((Self.code + "/rest-api\n7f0c6a000000-7f0c6a021000 rw-p 00000000 00:00 0\n").utf8)
    var numbers = SeededNumbers(seed: 11)
    for _ in 0..<5000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &numbers) {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = .random(in: 0...255, using: &numbers)
      }
      _ = try? MemoryMaps(parsing: bytes)
    }
  }
}
