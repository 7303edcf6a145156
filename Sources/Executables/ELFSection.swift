import Processes
import Text

/// A section of an ELF file, elf(5) `Elf64_Shdr`.
public struct ELFSection: Hashable, Sendable {
  /// `sh_type`, as far as this program asks.
  enum Kind: UInt32 {
    case unused = 0
    case programBits = 1
    case symbolTable = 2
    case stringTable = 3
    case note = 7
    case noBits = 8
  }

  let kind: Kind?
  let flags: UInt64
  let address: UInt64
  let memorySizeBytes: UInt64
  /// Where its bytes are in the file; `nil` for a section without bytes there.
  let file: ELFExtent?
  /// `sh_link`: for a symbol table, the number of the section with its names.
  public let link: Int
  let alignment: UInt64
  let entrySizeBytes: UInt64

  /// Private writable memory of the process, shared by all its threads.
  var isWritableData: Bool {
    let write: UInt64 = 0x1
    let allocate: UInt64 = 0x2
    let threadLocal: UInt64 = 0x400
    return (kind == .programBits || kind == .noBits)
      && flags & (write | allocate | threadLocal) == write | allocate
  }

  /// Whether the section has the `size` bytes at `address`.
  func contains(_ address: UInt64, size: UInt64) -> Bool {
    address >= self.address && size <= memorySizeBytes && address - self.address <= memorySizeBytes - size
  }

  fileprivate init(_ fields: ELFFields, at start: Int, fileSizeBytes: UInt64) throws(ParseError) {
    let type = try fields.number(at: start + 4, as: UInt32.self)
    kind = Kind(rawValue: type)
    flags = try fields.number(at: start + 8, as: UInt64.self)
    address = try fields.number(at: start + 16, as: UInt64.self)
    let offset = try fields.number(at: start + 24, as: UInt64.self)
    memorySizeBytes = try fields.number(at: start + 32, as: UInt64.self)
    link = Int(try fields.number(at: start + 40, as: UInt32.self))
    alignment = try fields.number(at: start + 48, as: UInt64.self)
    entrySizeBytes = try fields.number(at: start + 56, as: UInt64.self)
    guard !address.addingReportingOverflow(memorySizeBytes).overflow else {
      throw ParseError("a section lies beyond the end of memory")
    }
    switch kind {
    case .unused, .noBits: file = nil
    default:
      file = try ELFExtent(
        offset: offset, sizeBytes: memorySizeBytes, fileSizeBytes: fileSizeBytes, subject: "a section")
    }
  }
}

/// The section header table of an ELF file.
public struct ELFSections: Hashable, Sendable {
  /// Where the symbols of an executable are, and their names.
  public struct SymbolTable: Hashable, Sendable {
    public let symbols: ELFExtent
    public let names: ELFExtent
    public var symbolCount: Int { Int(symbols.sizeBytes) / ELFSymbol.sizeBytes }
  }

  /// Largest `.symtab` and largest `.strtab` that are read. Those of PlaceOS's services have a few MB.
  public static let tableLimitBytes: UInt64 = 64 << 20

  let sections: [ELFSection]
  /// The `.symtab`; `nil` in a stripped executable. (`.dynsym` is no substitute: it lacks a program's own
  /// variables.)
  public let symbolTable: SymbolTable?

  /// - Throws: `ParseError` if sections lie outside the file, or overlap one another or the headers, and if
  ///   the symbol table does not have the form that elf(5) gives it.
  public init(parsing table: [UInt8], header: ELFHeader, fileSizeBytes: UInt64) throws(ParseError) {
    let fields = ELFFields(bytes: table)
    var sections: [ELFSection] = []
    sections.reserveCapacity(table.count / ELFHeader.sectionHeaderSizeBytes)
    for start in stride(from: 0, to: table.count, by: ELFHeader.sectionHeaderSizeBytes) {
      sections.append(try ELFSection(fields, at: start, fileSizeBytes: fileSizeBytes))
    }
    try Self.refuseOverlaps(sections, header: header, fileSizeBytes: fileSizeBytes)
    self.sections = sections
    symbolTable = try Self.symbolTable(in: sections)
  }

  /// No sections, as in an executable without a section header table.
  init() {
    sections = []
    symbolTable = nil
  }

  /// The section with the number that a symbol has in `st_shndx`; `nil` for the reserved numbers.
  func section(_ number: UInt16) -> ELFSection? {
    number > 0 && Int(number) < sections.count ? sections[Int(number)] : nil
  }

  private static func refuseOverlaps(
    _ sections: [ELFSection], header: ELFHeader, fileSizeBytes: UInt64
  ) throws(ParseError) {
    var extents = sections.compactMap(\.file)
    extents.append(
      try ELFExtent(
        offset: 0, sizeBytes: UInt64(ELFHeader.sizeBytes), fileSizeBytes: fileSizeBytes,
        subject: "the header"))
    if let table = header.sectionHeaders { extents.append(table) }
    extents.removeAll { $0.sizeBytes == 0 }
    extents.sort { $0.offset < $1.offset }
    for (earlier, later) in zip(extents, extents.dropFirst()) where later.offset < earlier.end {
      throw ParseError("sections overlap")
    }
  }

  private static func symbolTable(in sections: [ELFSection]) throws(ParseError) -> SymbolTable? {
    let tables = sections.filter { $0.kind == .symbolTable }
    guard let table = tables.first, let symbols = table.file else { return nil }
    guard tables.count == 1 else { throw ParseError("more than one symbol table") }
    guard table.entrySizeBytes == UInt64(ELFSymbol.sizeBytes),
      symbols.sizeBytes.isMultiple(of: UInt64(ELFSymbol.sizeBytes))
    else { throw ParseError("symbols of the wrong size") }
    guard table.link > 0, table.link < sections.count,
      sections[table.link].kind == .stringTable, let names = sections[table.link].file
    else { throw ParseError("a symbol table without a string table") }
    let compressed: UInt64 = 0x800  // SHF_COMPRESSED
    guard (table.flags | sections[table.link].flags) & compressed == 0 else {
      throw ParseError("a compressed symbol table")
    }
    guard symbols.sizeBytes <= tableLimitBytes, names.sizeBytes <= tableLimitBytes else {
      throw ParseError("a symbol table of more than \(tableLimitBytes >> 20) MiB")
    }
    return SymbolTable(symbols: symbols, names: names)
  }
}
