import SystemPackage
import TestSupport
import Testing
import Text

@testable import Executables
@testable import Processes

@Suite("The cache of symbols")
struct SymbolCacheTests {
  static func entry(_ number: Int, buildID: String? = "deadbeef") -> SymbolCache.Entry {
    SymbolCache.Entry(
      identity: ExecutableIdentity(
        device: 65025, inode: UInt64(number), sizeBytes: 7_201_760, modified: -5 + .nanoseconds(number),
        buildID: buildID),
      traceFlag: TraceFlagSymbol(
        kind: number.isMultiple(of: 2) ? .logBackend : .driver, address: .max - UInt64(number),
        index: number * 3))
  }

  @Test("comes back from its bytes as it was")
  func roundTrip() {
    var cache = SymbolCache()
    #expect(SymbolCache(parsing: cache.encoded()) == cache)
    for number in 0..<10 { cache.record(Self.entry(number, buildID: number < 5 ? nil : "00ff")) }
    #expect(SymbolCache(parsing: cache.encoded()) == cache)
    #expect(cache.entries.count == 10)
  }

  @Test("keeps the 256 that came last, and fits its own limit")
  func bounded() {
    var cache = SymbolCache()
    for number in 0..<300 {
      cache.record(Self.entry(number, buildID: String(repeating: "a", count: 128)))
    }
    #expect(cache.entries.count == 256)
    #expect(cache.entries.first == Self.entry(44, buildID: String(repeating: "a", count: 128)))
    #expect(cache.encoded().count <= SymbolCache.sizeLimitBytes)
    #expect(SymbolCache(parsing: cache.encoded()) == cache)
  }

  @Test("has one entry for a file")
  func replaced() {
    var cache = SymbolCache()
    cache.record(Self.entry(1))
    cache.record(Self.entry(2))
    cache.record(Self.entry(1, buildID: nil))
    #expect(cache.entries == [Self.entry(2), Self.entry(1, buildID: nil)])
  }

  @Test("is empty where its bytes are not its own")
  func corrupt() {
    var cache = SymbolCache()
    cache.record(Self.entry(1))
    cache.record(Self.entry(2))
    let whole = cache.encoded()
    let text = String(decoding: whole, as: UTF8.self)
    for wrong in [
      "", "\n", "{}", "placeos-loglevel symbols 2\n", text + "x", text + "\n",
      text.replacing("driver", with: "latch"), text.replacing("deadbeef", with: "deadbeeg"),
      text.replacing("65025", with: "99999999999999999999"), text.replacing("65025", with: "-1"),
      text.replacing(" 3\n", with: " 3 4\n"), text.replacing(" 3\n", with: "\n"),
    ] {
      #expect(SymbolCache(parsing: Array(wrong.utf8)) == SymbolCache())
    }
    let tooLong = [UInt8](repeating: 10, count: SymbolCache.sizeLimitBytes + 1)
    #expect(SymbolCache(parsing: tooLong).entries.isEmpty)
    for length in 1..<whole.count {
      let cut = SymbolCache(parsing: Array(whole[..<length]))
      #expect(cut.entries.isEmpty || cut.entries == [Self.entry(1)])
    }
    var numbers = SeededNumbers(seed: 7)
    for _ in 0..<2000 {
      let place = Int.random(in: 0..<whole.count, using: &numbers)
      _ = SymbolCache(parsing: whole.replacing(at: place, with: [.random(in: 0...255, using: &numbers)]))
    }
  }
}

@Suite("What the cache of symbols says of an executable")
struct SymbolCacheProofTests {
  /// Reads `exe` of a sample and counts the bytes that this took.
  static func read(
    _ sample: ELFFileSample, _ cache: inout SymbolCache
  ) throws -> (symbols: ExecutableSymbols, bytes: Int) {
    let file = try sample.open("exe")
    defer { try? file.close() }
    var total = 0
    let symbols = try ExecutableSymbols.read(from: file, path: "exe", cache: &cache) {
      file, path, offset, count throws(HostError) in
      total += count
      return try ExecutableSymbols.bytes(of: file, path: path, offset: offset, count: count)
    }
    return (symbols, total)
  }

  /// Many symbols, so that a look at all of them is told from a look at one.
  static let large: ELFSample = {
    var sample = ELFSample()
    sample.symbols += (0..<2000).map { .init(name: "symbol\($0)", type: 2, section: 2) }
    return sample
  }()

  @Test("is believed once the executable says so too, and gives the same answer for fewer bytes")
  func hit() throws {
    let sample = try ELFFileSample()
    try sample.write(Self.large.bytes, to: "exe")
    var cache = SymbolCache()
    let first = try Self.read(sample, &cache)
    #expect(cache.entries.map(\.traceFlag) == [first.symbols.traceFlag])
    let kept = cache
    let second = try Self.read(sample, &cache)
    #expect(second.symbols == first.symbols)
    #expect(first.bytes > 50_000)
    #expect(second.bytes < 700)
    #expect(cache == kept)
  }

  @Test("is not believed where it is wrong, and is put right")
  func wrong() throws {
    let sample = try ELFFileSample()
    try sample.write(Self.large.bytes, to: "exe")
    var right = SymbolCache()
    let answer = try Self.read(sample, &right).symbols
    let flag = try #require(answer.traceFlag)
    let others = [
      TraceFlagSymbol(kind: .driver, address: flag.address, index: flag.index),
      TraceFlagSymbol(kind: .logBackend, address: flag.address + 1, index: flag.index),
      TraceFlagSymbol(kind: .logBackend, address: 0, index: flag.index),
      TraceFlagSymbol(kind: .logBackend, address: flag.address, index: flag.index + 1),
      TraceFlagSymbol(kind: .logBackend, address: flag.address, index: 0),
      TraceFlagSymbol(kind: .logBackend, address: flag.address, index: -1),
      TraceFlagSymbol(kind: .logBackend, address: flag.address, index: .max),
      TraceFlagSymbol(kind: .logBackend, address: flag.address, index: 2003),
    ]
    for other in others {
      var cache = SymbolCache()
      cache.record(SymbolCache.Entry(identity: answer.identity, traceFlag: other))
      let read = try Self.read(sample, &cache)
      #expect(read.symbols == answer)
      #expect(read.bytes > 50_000)
      #expect(cache == right)
    }
  }

  @Test("is not believed where the file has the same size and time, but is another")
  func stale() throws {
    let sample = try ELFFileSample()
    try sample.write(Self.large.bytes, to: "exe")
    var cache = SymbolCache()
    _ = try Self.read(sample, &cache)

    var moved = Self.large
    moved.symbols[1].address += 8
    try sample.write(moved.bytes, to: "exe")
    #expect(try Self.read(sample, &cache).symbols.traceFlag?.address == ELFSample.flagAddress + 8)

    var latch = Self.large
    latch.symbols[1].name = "PlaceOS::LogBackend::tracf"
    try sample.write(latch.bytes, to: "exe")
    let read = try Self.read(sample, &cache)
    #expect(read.symbols.traceFlag == nil)
    #expect(read.symbols.hasPlaceOSNamespace)

    // The symbol is where it was, but the executable is of another build.
    try sample.write(Self.large.bytes, to: "exe")
    _ = try Self.read(sample, &cache)
    #expect(try Self.read(sample, &cache).bytes < 700)
    try sample.write(Self.large.bytes.replacing(at: 0x190, with: [1]), to: "exe")
    let other = try Self.read(sample, &cache)
    #expect(other.bytes > 50_000)
    #expect(other.symbols.identity.buildID == "01adbeef")
  }

  @Test("is not asked for a file of another size or time")
  func otherFile() throws {
    let sample = try ELFFileSample()
    try sample.write(Self.large.bytes, to: "exe")
    var cache = SymbolCache()
    _ = try Self.read(sample, &cache)
    try sample.write(Self.large.bytes, to: "exe", modifiedSeconds: 1_700_000_001)
    #expect(try Self.read(sample, &cache).bytes > 50_000)
    #expect(cache.entries.count == 1)
    try sample.write(Self.large.bytes + [0], to: "exe", modifiedSeconds: 1_700_000_001)
    #expect(try Self.read(sample, &cache).bytes > 50_000)
  }

  @Test("is nothing where the executable has no flag: that is never kept")
  func negative() throws {
    let sample = try ELFFileSample()
    var latch = Self.large
    latch.symbols[1].name = "PlaceOS::LogBackend::level"
    try sample.write(latch.bytes, to: "exe")
    var cache = SymbolCache()
    let first = try Self.read(sample, &cache)
    #expect(first.symbols.traceFlag == nil)
    #expect(cache.entries.isEmpty)
    #expect(try Self.read(sample, &cache).bytes == first.bytes)
  }
}
