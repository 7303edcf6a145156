import Glibc
import Processes
import Text

/// What an executable's symbol table says about PlaceOS.
///
/// A service of 40 MB has a few hundred thousand symbols with names of hundreds of bytes (Crystal names a
/// method with the types of its arguments). So the names are searched first, as one text, and the symbols are
/// then only checked for one of the few names found: two passes from front to end, whatever the bytes are,
/// and in parts, so that a large table takes no more memory than a small one.
struct ELFSymbols: Hashable, Sendable {
  let traceFlag: TraceFlagSymbol?
  /// Why there is no `traceFlag` although a symbol has its name.
  let traceFlagProblem: String?
  let hasPlaceOSNamespace: Bool

  /// - Parameters:
  ///   - names: the search, after it has had all of the string table.
  ///   - symbols: the search, after it has had all of `.symtab`.
  /// - Throws: `ParseError` if a name does not lie inside the string table, or does not end there.
  init(
    names: ELFNameSearch, symbols: ELFSymbolSearch, sections: ELFSections, segments: [ELFSegment]
  ) throws(ParseError) {
    if symbols.count > 0 {
      // The last byte ends the last name, so every name that begins inside the table ends there.
      guard names.firstByte == 0, names.lastByte == 0 else {
        throw ParseError("a string table without an end")
      }
      guard Int(symbols.lastName) < names.sizeBytes else {
        throw ParseError("a symbol's name lies beyond the end of the string table")
      }
    }
    var flag: TraceFlagSymbol?
    var problem: String?
    for (index, kind, symbol) in symbols.found where symbol.isDefined {
      do {
        let found = try TraceFlagSymbol(
          symbol, kind: kind, index: index, sections: sections, segments: segments)
        if let flag, flag.kind != found.kind || flag.address != found.address {
          problem = "there is more than one trace flag"
        }
        flag = flag ?? found
      } catch {
        problem = error.reason
      }
    }
    hasPlaceOSNamespace = !symbols.found.isEmpty || names.hasPlaceOSNamespace
    traceFlag = problem == nil ? flag : nil
    traceFlagProblem = problem
  }
}

/// Searches a string table, part by part and in order, for the names of trace flags and of the module `PlaceOS`.
struct ELFNameSearch {
  /// Where names of the flags begin. A linker may let a name share the end of a longer one, so the byte
  /// before says nothing: only a symbol that begins exactly there has the name.
  private(set) var flags: [UInt32: TraceFlagSymbol.Kind] = [:]
  /// Whether a name is, or contains, something of the module `PlaceOS`: `*PlaceOS::Thing#name:Int32`,
  /// `*Array(PlaceOS::Thing)@Array(T)#size:Int32`, but not `OtherPlaceOS::Thing` or `Other::PlaceOS::Thing`.
  private(set) var hasPlaceOSNamespace = false
  private(set) var sizeBytes = 0
  private(set) var firstByte: UInt8?
  private(set) var lastByte: UInt8?
  /// The end of the part before: a match may begin in one part and end in the next.
  private var before: [UInt8] = []

  /// More names of the flag than any linker leaves (some keep one for each object file).
  static let limit = 64
  /// More than the longest match, and what is checked in front of it.
  private static let overlapBytes = 64

  /// - Throws: `ParseError` if there are more names of a flag than ``limit``.
  mutating func take(_ part: [UInt8]) throws(ParseError) {
    guard let first = part.first else { return }
    firstByte = firstByte ?? first
    lastByte = part.last
    let text = before + part
    // What ends before this has been searched.
    let new = before.count
    let offset = sizeBytes - before.count
    sizeBytes += part.count
    before = Array(text.suffix(Self.overlapBytes))

    for end in Self.endings(in: text, from: new) {
      for kind in TraceFlagSymbol.Kind.allCases {
        let name = kind.symbolName.utf8
        guard end >= name.count, text[(end - name.count)..<end].elementsEqual(name) else { continue }
        flags[UInt32(offset + end - name.count)] = kind
        guard flags.count <= Self.limit else {
          throw ParseError("more than \(Self.limit) names of a trace flag")
        }
      }
    }
    hasPlaceOSNamespace = hasPlaceOSNamespace || Self.hasPlaceOSNamespace(text, from: new)
  }

  /// - Parameter new: matches that end before this are left out.
  private static func hasPlaceOSNamespace(_ names: [UInt8], from new: Int) -> Bool {
    let module: StaticString = "PlaceOS::"
    let length = module.utf8CodeUnitCount
    return names.withUnsafeBytes { names in
      // Its capital O is the rarest of its letters in the names that Crystal makes.
      var start = max(5, new - length)
      while let found = position(of: UInt8(ascii: "O"), in: names, from: start) {
        start = found + 1
        let first = found - 5
        guard first + length > new, first + length <= names.count,
          memcmp(names.baseAddress! + first, module.utf8Start, length) == 0
        else { continue }
        let before = first > 0 ? names[first - 1] : 0
        let isNested = before == UInt8(ascii: ":") && first > 1 && names[first - 2] == UInt8(ascii: ":")
        if !isIdentifier(before), !isNested { return true }
      }
      return false
    }
  }

  /// Letters, digits, `_`, and every byte of a non-ASCII letter: what a Crystal identifier is made of.
  private static func isIdentifier(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  /// Where names end in `::trace`, as both flags' do and few others.
  private static func endings(in names: [UInt8], from new: Int) -> [Int] {
    let ending: StaticString = "::trace\0"
    let length = ending.utf8CodeUnitCount
    return names.withUnsafeBytes { names in
      var found: [Int] = []
      var start = max(length - 1, new)
      while let end = position(of: 0, in: names, from: start) {
        start = end + 1
        if memcmp(names.baseAddress! + (start - length), ending.utf8Start, length) == 0 { found.append(end) }
      }
      return found
    }
  }

  private static func position(
    of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    guard let base = bytes.baseAddress, start < bytes.count,
      let found = memchr(base + start, Int32(byte), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}

/// Searches a symbol table, part by part and in order, for the symbols that have one of the names found.
struct ELFSymbolSearch {
  private(set) var found: [(index: Int, kind: TraceFlagSymbol.Kind, symbol: ELFSymbol)] = []
  /// How many symbols there were.
  private(set) var count = 0
  /// The highest offset of a name.
  private(set) var lastName: UInt32 = 0
  private let wanted: [UInt32: TraceFlagSymbol.Kind]
  private let range: ClosedRange<UInt32>?

  init(_ names: ELFNameSearch) {
    wanted = names.flags
    let places = names.flags.keys
    range = places.min().flatMap { first in places.max().map { first...$0 } }
  }

  /// - Parameter part: whole entries.
  /// - Throws: `ParseError` if more symbols have the name of a flag than a linker leaves.
  mutating func take(_ part: [UInt8]) throws(ParseError) {
    var hits: [(index: Int, kind: TraceFlagSymbol.Kind)] = []
    let partCount = part.count / ELFSymbol.sizeBytes
    part.withUnsafeBytes { part in
      for index in 0..<partCount {
        let name = UInt32(
          littleEndian: part.loadUnaligned(
            fromByteOffset: index &* ELFSymbol.sizeBytes, as: UInt32.self))
        lastName = max(lastName, name)
        guard let range, range.contains(name), let kind = wanted[name] else { continue }
        hits.append((index, kind))
        guard found.count + hits.count <= ELFNameSearch.limit else { return }
      }
    }
    guard found.count + hits.count <= ELFNameSearch.limit else {
      throw ParseError("more than \(ELFNameSearch.limit) symbols with the name of a trace flag")
    }
    for (index, kind) in hits {
      found.append((count + index, kind, try ELFSymbol(parsing: part, index: index)))
    }
    count += partCount
  }
}
