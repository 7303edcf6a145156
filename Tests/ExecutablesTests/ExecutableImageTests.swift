import Testing

@testable import Executables
@testable import Processes
@testable import Text

@Suite("An executable in the memory of a process")
struct ExecutableImageTests {
  static func auxv(_ entry: UInt64) throws -> UInt64 {
    try AuxiliaryVector(
      parsing: le(UInt64(6)) + le(UInt64(4096)) + le(UInt64(9)) + le(entry) + le(UInt64(0)) + le(UInt64(0))
    ).entryAddress
  }

  /// The address of the sample's flag in a process with these maps.
  static func address(
    kind: UInt16 = 2, entry: UInt64 = 0x400100, flag: UInt64? = nil, _ lines: String...
  ) throws -> UInt64 {
    let executable = try ELFSample.read(ELFSample(kind: kind).bytes)
    let maps = try MemoryMaps(parsing: Array(lines.joined(separator: "\n").utf8))
    let image = try ExecutableImage(of: executable, entry: auxv(entry), maps: maps)
    let found = try #require(executable.traceFlag)
    return try image.address(
      of: TraceFlagSymbol(kind: found.kind, address: flag ?? found.address, index: found.index))
  }

  static let code = "00400000-00401000 r-xp 00000000 fe:01 77 /rest-api"
  static let data = "00401000-00402000 rw-p 00000000 fe:01 77 /rest-api"

  @Test("lies where it was linked to if it is fixed")
  func fixed() throws {
    #expect(try Self.address(Self.code, Self.data) == 0x401240)
  }

  @Test("lies at its load base if it is position-independent")
  func positionIndependent() throws {
    let base: UInt64 = 0x5589_e17b_f000
    let address = try Self.address(
      kind: 3, entry: base + 0x100,
      "5589e17bf000-5589e17c0000 r-xp 00000000 fe:01 77 /rest-api",
      "5589e17c0000-5589e17c1000 rw-p 00000000 fe:01 77 /rest-api")
    #expect(address == base + 0x1240)
  }

  /// The address of a flag in a large `.bss`, which goes on after the file's last page at 0x402000.
  static func addressInLargeData(_ behind: String...) throws -> UInt64 {
    var sample = ELFSample()
    sample.symbols[1].address = ELFSample.base + 0x3010
    var bytes = sample.bytes.replacing(at: 64 + 56 + 40, with: le(UInt64(0x3000)))
    bytes = bytes.replacing(at: sample.sectionHeader(3) + 32, with: le(UInt64(0x2df0)))
    let executable = try ELFSample.read(bytes)
    let text = ([code, data] + behind).joined(separator: "\n")
    let image = try ExecutableImage(
      of: executable, entry: auxv(0x400100), maps: MemoryMaps(parsing: Array(text.utf8)))
    return try image.address(of: #require(executable.traceFlag))
  }

  @Test(
    "may have its flag in memory without a file right behind it",
    arguments: ["", "[heap]", "[anon: .bss]"])
  func anonymous(_ name: String) throws {
    #expect(try Self.addressInLargeData("00402000-00404000 rw-p 00000000 00:00 0 \(name)") == 0x403010)
    #expect(
      try Self.addressInLargeData(
        "00402000-00403000 rw-p 00000000 00:00 0", "00403000-00404000 rw-p 00000000 00:00 0 \(name)")
        == 0x403010)
  }

  @Test("does not let a flag lie in memory that is not right behind it, or another file's")
  func notBehind() {
    let anonymous = "00403000-00404000 rw-p 00000000 00:00 0"
    for lines in [
      ["00403000-00404000 rw-p 00000000 00:00 0", ""],
      ["00402000-00403000 rw-p 00000000 fe:01 78 /other", anonymous],
      ["00402000-00403000 rw-p 00000000 00:00 0 [stack]", anonymous],
      ["00402000-00404000 rw-p 00000000 fe:01 78 /other", ""],
      ["00402000-00404000 rw-p 00000000 00:00 0 [stack]", ""],
      ["00402000-00404000 rw-s 00000000 00:01 1 /dev/zero (deleted)", ""],
    ] {
      #expect(throws: ParseError.self) { try Self.addressInLargeData(lines[0], lines[1]) }
    }
  }

  @Test("is known by what the maps say, whatever device and inode stat(2) gives")
  func layered() throws {
    #expect(
      try Self.address(
        "00400000-00401000 r-xp 00000000 00:2f 9 /rest-api",
        "00401000-00402000 rw-p 00000000 00:2f 9 /rest-api") == 0x401240)
  }

  static let others: [[String]] = [
    // Not there, or only in part.
    [],
    ["00500000-00501000 r-xp 00000000 fe:01 77 /rest-api"],
    [code],
    // Another part of the file, or another file.
    ["00400000-00401000 r-xp 00001000 fe:01 77 /rest-api", data],
    [code, "00401000-00402000 rw-p 00001000 fe:01 77 /rest-api"],
    [code, "00401000-00402000 rw-p 00000000 fe:01 78 /other"],
    [code, "00401000-00402000 rw-p 00000000 fe:02 77 /other"],
    [code, "00401000-00402000 rw-p 00000000 00:00 0"],
    // Memory that is nobody's own data.
    [code, "00401000-00402000 r--p 00000000 fe:01 77 /rest-api"],
    [code, "00401000-00402000 -w-p 00000000 fe:01 77 /rest-api"],
    [code, "00401000-00402000 rw-s 00000000 fe:01 77 /rest-api"],
    // The program's entry is in memory without a file.
    ["00400000-00401000 r-xp 00000000 00:00 0", data],
  ]

  @Test("is refused where the maps say otherwise", arguments: others)
  func otherMaps(_ lines: [String]) throws {
    let executable = try ELFSample.read(ELFSample().bytes)
    let maps = try MemoryMaps(parsing: Array(lines.joined(separator: "\n").utf8))
    let flag = try #require(executable.traceFlag)
    #expect(throws: ParseError.self) {
      try ExecutableImage(of: executable, entry: Self.auxv(0x400100), maps: maps).address(of: flag)
    }
  }

  @Test("is refused where it cannot be at that base")
  func otherBase() {
    #expect(throws: ParseError.self) { try Self.address(entry: 0x401100, Self.code, Self.data) }
    #expect(throws: ParseError.self) { try Self.address(entry: 0, Self.code, Self.data) }
    #expect(throws: ParseError.self) { try Self.address(kind: 3, entry: 0x4001ff, Self.code, Self.data) }
  }

  @Test("does not let a flag lie elsewhere")
  func elsewhere() {
    let stack = "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]"
    let heap = "00402000-00403000 rw-p 00000000 00:00 0 [heap]"
    for flag: UInt64 in [0, 0x400010, 0x4011ff, 0x401300, 0x402000, 0x7ffc_0000_0010, .max] {
      #expect(throws: ParseError.self) {
        try Self.address(flag: flag, Self.code, Self.data, heap, stack)
      }
    }
  }

  @Test("has no entry before execve(2) is done")
  func noEntry() {
    #expect(throws: ParseError("no entry address")) { try AuxiliaryVector(parsing: []) }
    #expect(throws: ParseError("no entry address yet")) {
      try AuxiliaryVector(parsing: [UInt8](repeating: 0, count: 320))
    }
    #expect(throws: ParseError("no entry address")) {
      try AuxiliaryVector(parsing: le(UInt64(9)) + [1, 2, 3])
    }
  }
}
