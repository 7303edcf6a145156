import Testing

@testable import Executables
@testable import Processes

@Suite("The headers of an executable")
struct ELFHeaderTests {
  static let whole = ELFSample().bytes

  @Test("are read from a fixed executable for x86-64")
  func fixed() throws {
    let header = try ELFHeader(parsing: Self.whole, fileSizeBytes: UInt64(Self.whole.count))
    #expect(header.machine == .amd64)
    #expect(header.kind == .fixed)
    #expect(header.entryAddress == 0x400100)
    #expect(header.programHeaders.offset == 64 && header.programHeaders.sizeBytes == 112)
    #expect(header.sectionHeaders?.sizeBytes == 6 * 64)
  }

  @Test("are read from a position-independent executable for arm64")
  func positionIndependent() throws {
    let bytes = ELFSample(machine: 183, kind: 3).bytes
    let header = try ELFHeader(parsing: bytes, fileSizeBytes: UInt64(bytes.count))
    #expect(header.machine == .arm64)
    #expect(header.kind == .positionIndependent)
  }

  static let refused: [(offset: Int, bytes: [UInt8], reason: String)] = [
    (0, [0x7e], "not an ELF file"),
    (4, [1], "not a 64-bit ELF file"),
    (5, [2], "not a little-endian ELF file"),
    (6, [0], "an unknown version of ELF"),
    (16, le(UInt16(1)), "ELF type 1 is not an executable"),
    (16, le(UInt16(4)), "ELF type 4 is not an executable"),
    (18, le(UInt16(40)), "ELF machine 40 is neither x86-64 nor arm64"),
    (20, le(UInt32(2)), "an unknown version of ELF"),
    (52, le(UInt16(63)), "an ELF header of the wrong size"),
    (54, le(UInt16(32)), "program headers of the wrong size"),
    (56, le(UInt16(0)), "0 program headers"),
    (56, le(UInt16.max), "65535 program headers"),
    (32, le(UInt64.max), "the program header table lies beyond the end of the file"),
    (32, le(UInt64(whole.count - 111)), "the program header table lies beyond the end of the file"),
    (40, le(UInt64.max - 10), "the section header table lies beyond the end of the file"),
    (40, le(UInt64(whole.count - 6 * 64 + 1)), "the section header table lies beyond the end of the file"),
    (40, le(UInt64(0)), "sections without a section header table"),
    (58, le(UInt16(40)), "section headers of the wrong size"),
    (60, le(UInt16(0)), "more sections than the ELF header can count"),
    (60, le(UInt16(0xff00)), "more sections than the ELF header can count"),
    (60, le(UInt16(7)), "the section header table lies beyond the end of the file"),
  ]

  @Test("are refused with the reason where a field is wrong", arguments: refused)
  func wrongField(_ field: (offset: Int, bytes: [UInt8], reason: String)) {
    let bytes = Self.whole.replacing(at: field.offset, with: field.bytes)
    #expect(throws: HostError.malformed(path: "", reason: field.reason)) { try ELFSample.read(bytes) }
  }

  static let refusedSegments: [(offset: Int, bytes: [UInt8], reason: String)] = [
    (64, le(UInt32(6)), "nothing of it is loaded into memory"),
    (64 + 8, le(UInt64.max), "a segment lies beyond the end of the file"),
    (64 + 16, le(UInt64.max - 0x200), "segments overlap or are out of order"),
    (64 + 16, le(UInt64.max - 0x1ff), "a segment lies beyond the end of memory"),
    (64 + 32, le(UInt64.max), "a segment lies beyond the end of the file"),
    (64 + 32, le(UInt64(0x201)), "a segment is larger in the file than in memory"),
    (64 + 40, le(UInt64.max), "a segment lies beyond the end of memory"),
    (64 + 40, le(UInt64(0x1201)), "segments overlap or are out of order"),
  ]

  @Test("are refused where a segment lies outside of the file or of memory", arguments: refusedSegments)
  func wrongSegment(_ field: (offset: Int, bytes: [UInt8], reason: String)) {
    var bytes = Self.whole.replacing(at: field.offset, with: field.bytes)
    if field.offset == 64 { bytes = bytes.replacing(at: 64 + 56, with: field.bytes) }
    #expect(throws: HostError.malformed(path: "", reason: field.reason)) { try ELFSample.read(bytes) }
  }

  @Test("may say that there are no sections; then nothing is known of symbols")
  func noSections() throws {
    var bytes = Self.whole.replacing(at: 40, with: le(UInt64(0)))
    bytes = bytes.replacing(at: 60, with: le(UInt16(0)))
    let read = try ELFSample.read(bytes)
    #expect(read.isStripped)
    #expect(read.traceFlag == nil)
    #expect(!read.hasPlaceOSNamespace)
  }
}
