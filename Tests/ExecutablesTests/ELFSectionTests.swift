import Testing

@testable import Executables
@testable import Processes
@testable import Text

@Suite("The sections of an executable")
struct ELFSectionTests {
  static let sample = ELFSample()
  static let whole = sample.bytes

  static func field(_ section: Int, _ offset: Int) -> Int { sample.sectionHeader(section) + offset }

  static let refused: [(offset: Int, bytes: [UInt8], reason: String)] = [
    (field(4, 24), le(UInt64.max), "a section lies beyond the end of the file"),
    (field(4, 32), le(UInt64.max - 0x200), "a section lies beyond the end of the file"),
    (field(5, 24), le(UInt64(whole.count)), "a section lies beyond the end of the file"),
    (field(5, 24), le(UInt64(0x210)), "sections overlap"),
    (field(5, 32), le(UInt64(sample.names.count + 8)), "sections overlap"),
    (field(2, 24), le(UInt64(0)), "sections overlap"),
    (field(3, 16), le(UInt64.max), "a section lies beyond the end of memory"),
    (field(4, 56), le(UInt64(16)), "symbols of the wrong size"),
    (field(4, 32), le(UInt64(71)), "symbols of the wrong size"),
    (field(4, 40), le(UInt32(0)), "a symbol table without a string table"),
    (field(4, 40), le(UInt32(6)), "a symbol table without a string table"),
    (field(4, 40), le(UInt32.max), "a symbol table without a string table"),
    (field(4, 40), le(UInt32(2)), "a symbol table without a string table"),
    (field(5, 4), le(UInt32(8)), "a symbol table without a string table"),
    (field(2, 4), le(UInt32(2)), "more than one symbol table"),
    (field(5, 8), le(UInt64(0x800)), "a compressed symbol table"),
    (field(5, 32), le(UInt64(sample.names.count - 1)), "a string table without an end"),
    (field(5, 32), le(UInt64(0)), "a string table without an end"),
    (field(5, 24), le(UInt64(sample.namesOffset + 1)), "a string table without an end"),
    (0x180, le(UInt32(100)), "a note lies beyond the end of its section"),
    (0x184, le(UInt32.max), "a note lies beyond the end of its section"),
  ]

  @Test("are refused with the reason where a field is wrong", arguments: refused)
  func wrongField(_ field: (offset: Int, bytes: [UInt8], reason: String)) {
    var bytes = Self.whole.replacing(at: field.offset, with: field.bytes)
    if field.offset == Self.field(5, 24), field.bytes == le(UInt64(Self.sample.namesOffset + 1)) {
      bytes = bytes.replacing(at: Self.field(5, 32), with: le(UInt64(Self.sample.names.count - 1)))
    }
    #expect(throws: HostError.malformed(path: "", reason: field.reason)) { try ELFSample.read(bytes) }
  }

  @Test("give the build id of the linker")
  func buildID() throws {
    #expect(try ELFSample.read(Self.whole).identity.buildID == "deadbeef")
  }

  @Test("without a build id give none")
  func noBuildID() throws {
    let otherType = Self.whole.replacing(at: 0x188, with: le(UInt32(1)))
    #expect(try ELFSample.read(otherType).identity.buildID == nil)
  }

  @Test("without a symbol table are those of a stripped executable")
  func stripped() throws {
    let bytes = Self.whole.replacing(at: Self.field(4, 4), with: le(UInt32(1)))
    let read = try ELFSample.read(bytes)
    #expect(read.isStripped)
    #expect(read.traceFlag == nil)
  }

  @Test("of more than the limit are refused before they are read")
  func tooLarge() throws {
    let size: UInt64 = 1 << 40
    let header = try ELFHeader(parsing: Self.whole, fileSizeBytes: size)
    let start = Self.sample.sectionsOffset
    for (number, limit) in [(4, (64 << 20) / 24 * 24 + 24), (5, 64 << 20 + 1)] {
      var table = Array(Self.whole[start...])
      table = table.replacing(at: number * 64 + 24, with: le(UInt64(1 << 30)))
      table = table.replacing(at: number * 64 + 32, with: le(UInt64(limit)))
      #expect(throws: ParseError("a symbol table of more than 64 MiB")) {
        try ELFSections(parsing: table, header: header, fileSizeBytes: size)
      }
    }
  }
}
