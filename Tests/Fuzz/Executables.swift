import TestSupport
import Text

@testable import Executables
@testable import Processes

/// What an executable says of itself, and what is kept of it.
enum Executables {
  static func elf(_ bytes: [UInt8]) throws {
    let identity = ExecutableIdentity(
      device: 1, inode: 2, sizeBytes: Int64(bytes.count), modified: 3, buildID: nil)
    guard let read = accepted({ try ExecutableSymbols(parsing: bytes, identity: identity) }) else { return }
    for segment in read.segments {
      try require(segment.file.end <= UInt64(bytes.count), "elf: a segment beyond the end of the file")
      try require(segment.end >= segment.address, "elf: a segment beyond the end of memory")
    }
    guard let flag = read.traceFlag else { return }
    try require(read.hasPlaceOSNamespace && !read.isStripped, "elf: a flag without its name")
    try require(
      read.segments.contains { $0.isWritable && $0.contains(flag.address, size: 1) },
      "elf: a flag outside of the writable segments")
    // What a cache holds of it is confirmed, and what a cache holds that is wrong is not.
    let entry = SymbolCache.Entry(identity: read.identity, traceFlag: flag)
    try require(
      accepted { try ExecutableSymbols(parsing: bytes, identity: identity, entry: entry) } == read,
      "elf: read with a cache, it differs")
    let wrong = SymbolCache.Entry(
      identity: read.identity,
      traceFlag: TraceFlagSymbol(kind: flag.kind, address: flag.address ^ 1, index: flag.index))
    try require(
      accepted { try ExecutableSymbols(parsing: bytes, identity: identity, entry: wrong) } == read,
      "elf: a wrong cache is believed")
    try image(of: read, flag: flag)
  }

  /// Maps it as the kernel would: the flag must then be found in writable memory of the process's own.
  private static func image(of executable: ExecutableSymbols, flag: TraceFlagSymbol) throws {
    let base: UInt64 = executable.isPositionIndependent ? 0x5555_5555_4000 : 0
    let page: UInt64 = 4095
    var text = ""
    var end: UInt64 = 0
    for segment in executable.segments where segment.memorySizeBytes > 0 {
      let (last, overflow) = segment.end.addingReportingOverflow(base + page)
      let lead = segment.address & page
      guard !overflow, lead <= segment.file.offset, segment.file.offset & page == lead else { return }
      let start = (segment.address + base) & ~page
      guard start >= end else { return }
      end = last & ~page
      text += "\(hex(start))-\(hex(end)) \(segment.isWritable ? "rw" : "r-")-p "
      text += "\(hex(segment.file.offset - lead)) 08:01 7 /app\n"
    }
    let entry = (executable.entryAddress &+ base).littleEndian
    let auxv =
      [9, 0, 0, 0, 0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: entry >> (8 * UInt64($0))) }
    guard let maps = accepted({ try MemoryMaps(parsing: Array(text.utf8)) }) else {
      throw Violation(description: "elf: maps of the kernel's form are refused")
    }
    guard
      let image = accepted({
        try ExecutableImage(of: executable, entry: AuxiliaryVector(parsing: auxv).entryAddress, maps: maps)
      }), let address = accepted({ try image.address(of: flag) })
    else { return }
    guard let index = maps.index(of: address) else {
      throw Violation(description: "elf: the flag's address is in no memory")
    }
    try require(maps.mappings[index].isWritable, "elf: the flag's address is not in writable memory")
    try require(address == flag.address &+ base, "elf: the flag's address is moved by another base")
  }

  static func symbols(_ bytes: [UInt8]) throws {
    let cache = SymbolCache(parsing: bytes)
    try require(cache.entries.count <= SymbolCache.entryLimit, "symbols: more entries than the limit")
    try require(SymbolCache(parsing: cache.encoded()) == cache, "symbols: written again, they differ")
    // Whatever an executable and its file may be, what is kept of it must be readable later.
    func number(_ offset: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 << 8 | UInt64(offset + $1 < bytes.count ? bytes[offset + $1] : 0) }
    }
    let id = bytes.dropFirst(40).prefix(64).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    let entry = SymbolCache.Entry(
      identity: ExecutableIdentity(
        device: number(0), inode: number(8), sizeBytes: Int64(number(16) >> 1),
        modified: WallTime(nanoseconds: Int64(bitPattern: number(24))),
        buildID: id.isEmpty ? nil : id.joined()),
      traceFlag: TraceFlagSymbol(
        kind: bytes.count % 2 == 0 ? .logBackend : .driver, address: number(32), index: bytes.count))
    var own = cache
    own.record(entry)
    try require(SymbolCache(parsing: own.encoded()) == own, "symbols: an entry makes the cache unreadable")
  }

  private static func hex(_ number: UInt64) -> String { String(number, radix: 16) }
}
