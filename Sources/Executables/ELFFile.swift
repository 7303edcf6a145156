import Processes
import SystemPackage
import Text

/// The parts of an ELF file, each read only when needed, and then parsed.
struct ELFFile {
  /// For errors only.
  let path: FilePath
  let sizeBytes: UInt64
  /// Gives exactly `count` bytes at an offset; only called for bytes inside the file.
  let bytes: (_ offset: UInt64, _ count: Int) throws(HostError) -> [UInt8]

  /// More sections with notes than any executable has.
  private static let noteSectionLimit = 32
  /// How much of a table is in memory at a time: a multiple of 24.
  private static let partBytes = UInt64(ELFSymbol.sizeBytes) << 14

  init(
    path: FilePath, sizeBytes: UInt64,
    bytes: @escaping (_ offset: UInt64, _ count: Int) throws(HostError) -> [UInt8]
  ) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.bytes = bytes
  }

  func header() throws(HostError) -> ELFHeader {
    let start = try bytes(0, Int(min(sizeBytes, UInt64(ELFHeader.sizeBytes))))
    return try parsed { () throws(ParseError) in
      try ELFHeader(parsing: start, fileSizeBytes: sizeBytes)
    }
  }

  func segments(_ header: ELFHeader) throws(HostError) -> [ELFSegment] {
    let table = try bytes(header.programHeaders)
    return try parsed { () throws(ParseError) in
      try ELFSegment.loaded(parsing: table, fileSizeBytes: sizeBytes)
    }
  }

  func sections(_ header: ELFHeader) throws(HostError) -> ELFSections {
    guard let extent = header.sectionHeaders else { return ELFSections() }
    let table = try bytes(extent)
    return try parsed { () throws(ParseError) in
      try ELFSections(parsing: table, header: header, fileSizeBytes: sizeBytes)
    }
  }

  func buildID(_ sections: ELFSections) throws(HostError) -> String? {
    for section in sections.sections.lazy.filter({ $0.kind == .note }).prefix(Self.noteSectionLimit) {
      guard let extent = section.file, extent.sizeBytes <= ELFBuildID.sectionLimitBytes else { continue }
      let notes = try bytes(extent)
      let found = try parsed { () throws(ParseError) in
        try ELFBuildID(parsing: notes, alignment: section.alignment)
      }
      if let found { return found.hex }
    }
    return nil
  }

  func symbols(
    _ table: ELFSections.SymbolTable, sections: ELFSections, segments: [ELFSegment]
  ) throws(HostError) -> ELFSymbols {
    var names = ELFNameSearch()
    try eachPart(of: table.names) { part throws(ParseError) in try names.take(part) }
    var symbols = ELFSymbolSearch(names)
    try eachPart(of: table.symbols) { part throws(ParseError) in try symbols.take(part) }
    return try parsed { () throws(ParseError) in
      try ELFSymbols(names: names, symbols: symbols, sections: sections, segments: segments)
    }
  }

  /// Reads an extent part by part, each a multiple of a symbol's size.
  private func eachPart(
    of extent: ELFExtent, _ body: ([UInt8]) throws(ParseError) -> Void
  ) throws(HostError) {
    var offset: UInt64 = 0
    while offset < extent.sizeBytes {
      let count = min(Self.partBytes, extent.sizeBytes - offset)
      let part = try bytes(extent.offset + offset, Int(count))
      try parsed { () throws(ParseError) in try body(part) }
      offset += count
    }
  }

  /// Whether the symbol at `flag.index` is still the flag that `flag` describes: two small reads.
  func confirms(
    _ flag: TraceFlagSymbol, table: ELFSections.SymbolTable, sections: ELFSections, segments: [ELFSegment]
  ) throws(HostError) -> Bool {
    guard flag.index >= 0, flag.index < table.symbolCount else { return false }
    let place = table.symbols.offset + UInt64(flag.index * ELFSymbol.sizeBytes)
    let entry = try bytes(place, ELFSymbol.sizeBytes)
    let name = Array(flag.kind.symbolName.utf8) + [0]
    guard let symbol = try? ELFSymbol(parsing: entry, index: 0), symbol.isDefined,
      UInt64(symbol.nameOffset) + UInt64(name.count) <= table.names.sizeBytes,
      try bytes(table.names.offset + UInt64(symbol.nameOffset), name.count) == name
    else { return false }
    let found = try? TraceFlagSymbol(
      symbol, kind: flag.kind, index: flag.index, sections: sections, segments: segments)
    return found == flag
  }

  private func bytes(_ extent: ELFExtent) throws(HostError) -> [UInt8] {
    try bytes(extent.offset, Int(extent.sizeBytes))
  }

  private func parsed<Value>(
    _ parse: () throws(ParseError) -> Value
  ) throws(HostError) -> Value {
    do { return try parse() } catch { throw .malformed(path: path, reason: error.reason) }
  }
}
