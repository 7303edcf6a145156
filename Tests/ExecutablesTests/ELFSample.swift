import TestSupport

@testable import Executables
@testable import Processes

/// A small executable in memory, whose every number a test can change.
///
/// The headers, two segments (code, data), a build id, `.data`, `.bss`, `.symtab`, `.strtab`, and the section
/// headers at its end.
struct ELFSample {
  struct Symbol {
    var name: String
    var type: UInt8 = 1
    var section: UInt16 = 3
    var address: UInt64 = flagAddress
    var size: UInt64 = 1
  }

  static let base: UInt64 = 0x400000
  static let flagAddress: UInt64 = base + 0x1240
  static let flagName = "PlaceOS::LogBackend::trace"
  static let sectionCount = 6

  var machine: UInt16 = 62
  var kind: UInt16 = 2
  var symbols = [Symbol(name: "_start", type: 2, section: 0, address: 0, size: 0), Symbol(name: flagName)]

  private(set) var symbolsOffset = 0x210
  var namesOffset: Int { symbolsOffset + (symbols.count + 1) * 24 }

  var names: [UInt8] { [0] + symbols.flatMap { Array($0.name.utf8) + [0] } }
  var sectionsOffset: Int { (namesOffset + names.count + 7) & ~7 }

  var bytes: [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    let base = kind == 2 ? Self.base : 0
    bytes += le(kind) + le(machine) + le(UInt32(1)) + le(base + 0x100) + le(UInt64(64))
    bytes += le(UInt64(sectionsOffset)) + le(UInt32(0)) + le(UInt16(64)) + le(UInt16(56)) + le(UInt16(2))
    bytes += le(UInt16(64)) + le(UInt16(Self.sectionCount)) + le(UInt16(0))
    bytes += segment(flags: 5, offset: 0, address: base, fileSize: 0x200, memorySize: 0x200)
    bytes += segment(flags: 6, offset: 0x200, address: base + 0x1200, fileSize: 0x10, memorySize: 0x100)
    pad(&bytes, to: 0x180)
    bytes += le(UInt32(4)) + le(UInt32(4)) + le(UInt32(3)) + Array("GNU\0".utf8) + [0xde, 0xad, 0xbe, 0xef]
    pad(&bytes, to: symbolsOffset)
    bytes += [UInt8](repeating: 0, count: 24)
    var name: UInt32 = 1
    for symbol in symbols {
      let address = kind == 2 || symbol.address < Self.base ? symbol.address : symbol.address - Self.base
      bytes += le(name) + [symbol.type, 0] + le(symbol.section) + le(address) + le(symbol.size)
      name += UInt32(symbol.name.utf8.count) + 1
    }
    bytes += names
    pad(&bytes, to: sectionsOffset)
    bytes += section(type: 0)
    bytes += section(type: 7, flags: 2, address: base + 0x180, offset: 0x180, size: 20, alignment: 4)
    bytes += section(type: 1, flags: 3, address: base + 0x1200, offset: 0x200, size: 0x10)
    bytes += section(type: 8, flags: 3, address: base + 0x1210, offset: 0x210, size: 0xf0)
    bytes += section(
      type: 2, offset: UInt64(symbolsOffset), size: UInt64(namesOffset - symbolsOffset), link: 5, entry: 24)
    bytes += section(type: 3, offset: UInt64(namesOffset), size: UInt64(names.count))
    return bytes
  }

  /// Where the header of a section begins, and with it its fields: type 4, flags 8, address 16, offset 24,
  /// size 32, link 40, alignment 48, entry size 56.
  func sectionHeader(_ number: Int) -> Int { sectionsOffset + number * 64 }

  /// What the executable of these bytes says of itself.
  static func read(
    _ bytes: [UInt8], entry: SymbolCache.Entry? = nil
  ) throws(HostError) -> ExecutableSymbols {
    let identity = ExecutableIdentity(
      device: 1, inode: 2, sizeBytes: Int64(bytes.count), modified: 3, buildID: nil)
    return try ExecutableSymbols(parsing: bytes, identity: identity, entry: entry)
  }

  private func pad(_ bytes: inout [UInt8], to count: Int) {
    bytes += [UInt8](repeating: 0, count: count - bytes.count)
  }

  private func segment(
    flags: UInt32, offset: UInt64, address: UInt64, fileSize: UInt64, memorySize: UInt64
  ) -> [UInt8] {
    le(UInt32(1)) + le(flags) + le(offset) + le(address) + le(address) + le(fileSize) + le(memorySize)
      + le(UInt64(0x1000))
  }

  private func section(
    type: UInt32, flags: UInt64 = 0, address: UInt64 = 0, offset: UInt64 = 0, size: UInt64 = 0,
    link: UInt32 = 0, alignment: UInt64 = 1, entry: UInt64 = 0
  ) -> [UInt8] {
    let head: [UInt8] = le(UInt32(0)) + le(type) + le(flags) + le(address)
    return head + le(offset) + le(size) + le(link) + le(UInt32(0)) + le(alignment) + le(entry)
  }
}

/// The bytes of a number, little-endian.
func le<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

extension [UInt8] {
  /// The same bytes with others in the place of some.
  func replacing(at offset: Int, with bytes: [UInt8]) -> [UInt8] {
    var changed = self
    changed.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    return changed
  }
}
