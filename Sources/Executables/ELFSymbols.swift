import Glibc
import Processes
import Text

/// What the symbol table of an executable says of PlaceOS.
///
/// A service of 40 MB has some hundred thousand symbols with names of hundreds of bytes (Crystal names a
/// method with the types of its arguments). So the names are searched as one text first, and the symbols are
/// then only asked whether they have one of the few names found: two passes from front to end, whatever the
/// bytes are.
struct ELFSymbols: Hashable, Sendable {
  let traceFlag: TraceFlagSymbol?
  /// Why there is no `traceFlag` although a symbol has its name.
  let traceFlagProblem: String?
  let hasPlaceOSNamespace: Bool

  /// More names of the flag than any linker leaves (some keep one for each object file).
  private static let nameLimit = 64

  /// - Parameters:
  ///   - symbols: the bytes of `.symtab`.
  ///   - names: the bytes of its string table.
  /// - Throws: `ParseError` where a name does not lie inside the string table, or does not end there.
  init(
    parsing symbols: [UInt8], names: [UInt8], sections: ELFSections, segments: [ELFSegment]
  ) throws(ParseError) {
    // The last byte ends the last name, so every name that begins inside the table ends there.
    if !symbols.isEmpty {
      guard names.first == 0, names.last == 0 else { throw ParseError("a string table without an end") }
    }
    let wanted = try Self.flagNames(in: names)

    var flag: TraceFlagSymbol?
    var problem: String?
    let named = try Self.symbols(symbols, named: wanted, nameBytes: names.count)
    for (index, kind) in named {
      let symbol = try ELFSymbol(parsing: symbols, index: index)
      guard symbol.isDefined else { continue }
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
    hasPlaceOSNamespace = !named.isEmpty || Self.hasPlaceOSNamespace(names)
    traceFlag = problem == nil ? flag : nil
    traceFlagProblem = problem
  }

  /// Whether a name is, or has in it, something of the module `PlaceOS`: `*PlaceOS::Thing#name:Int32`,
  /// `*Array(PlaceOS::Thing)@Array(T)#size:Int32`, but not `OtherPlaceOS::Thing` or `Other::PlaceOS::Thing`.
  static func hasPlaceOSNamespace(_ names: [UInt8]) -> Bool {
    let module: StaticString = "PlaceOS::"
    let length = module.utf8CodeUnitCount
    return names.withUnsafeBytes { names in
      // Its capital O is the rarest of its letters in names that Crystal makes.
      var start = 5
      while let found = position(of: UInt8(ascii: "O"), in: names, from: start) {
        start = found + 1
        let first = found - 5
        guard first + length <= names.count,
          memcmp(names.baseAddress! + first, module.utf8Start, length) == 0
        else { continue }
        let before = first > 0 ? names[first - 1] : 0
        let isNested = before == UInt8(ascii: ":") && first > 1 && names[first - 2] == UInt8(ascii: ":")
        if !isIdentifier(before), !isNested { return true }
      }
      return false
    }
  }

  /// Letters, digits, `_`, and every byte of a letter beyond ASCII: what a Crystal identifier is made of.
  private static func isIdentifier(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  /// Where names of the flags begin. A linker may let a name share the end of a longer one, so the byte
  /// before says nothing: only a symbol that begins just there has the name.
  private static func flagNames(in names: [UInt8]) throws(ParseError) -> [UInt32: TraceFlagSymbol.Kind] {
    var found: [UInt32: TraceFlagSymbol.Kind] = [:]
    for end in endings(in: names) {
      for kind in TraceFlagSymbol.Kind.allCases {
        let name = kind.symbolName.utf8
        guard end >= name.count, names[(end - name.count)..<end].elementsEqual(name) else { continue }
        found[UInt32(end - name.count)] = kind
        guard found.count <= nameLimit else {
          throw ParseError("more than \(nameLimit) names of a trace flag")
        }
      }
    }
    return found
  }

  /// Where names end in `::trace`, as both flags' do and few others.
  private static func endings(in names: [UInt8]) -> [Int] {
    let ending: StaticString = "::trace\0"
    let length = ending.utf8CodeUnitCount
    return names.withUnsafeBytes { names in
      var found: [Int] = []
      var start = length - 1
      while let end = position(of: 0, in: names, from: start) {
        start = end + 1
        if memcmp(names.baseAddress! + (start - length), ending.utf8Start, length) == 0 { found.append(end) }
      }
      return found
    }
  }

  /// The symbols whose names begin at one of the places in `wanted`, by their numbers.
  private static func symbols(
    _ table: [UInt8], named wanted: [UInt32: TraceFlagSymbol.Kind], nameBytes: Int
  ) throws(ParseError) -> [(index: Int, kind: TraceFlagSymbol.Kind)] {
    let lowest = wanted.keys.min() ?? .max
    let highest = wanted.keys.max() ?? 0
    var found: [(index: Int, kind: TraceFlagSymbol.Kind)] = []
    var last: UInt32 = 0
    let count = table.count / ELFSymbol.sizeBytes
    table.withUnsafeBytes { table in
      for index in 0..<count {
        let name = UInt32(
          littleEndian: table.loadUnaligned(
            fromByteOffset: index &* ELFSymbol.sizeBytes, as: UInt32.self))
        last = max(last, name)
        guard name >= lowest, name <= highest, let kind = wanted[name] else { continue }
        found.append((index, kind))
      }
    }
    guard count == 0 || Int(last) < nameBytes else {
      throw ParseError("a symbol's name lies beyond the end of the string table")
    }
    return found
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
