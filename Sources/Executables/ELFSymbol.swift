import Processes
import Text

/// One entry of a symbol table, elf(5) `Elf64_Sym`.
struct ELFSymbol: Hashable, Sendable {
  static let sizeBytes = 24

  /// Where its name begins in the string table.
  let nameOffset: UInt32
  /// `STT_…`: 1 is a variable (`STT_OBJECT`), 6 a thread-local one (`STT_TLS`).
  let type: UInt8
  /// The number of its section; 0 (`SHN_UNDEF`) if it is not defined in this file.
  let sectionNumber: UInt16
  let address: UInt64
  let memorySizeBytes: UInt64

  var isDefined: Bool { sectionNumber != 0 }

  /// - Parameter index: the entry's number in the table.
  init(parsing table: [UInt8], index: Int) throws(ParseError) {
    let fields = ELFFields(bytes: table)
    let start = index * Self.sizeBytes
    nameOffset = try fields.number(at: start, as: UInt32.self)
    type = try fields.number(at: start + 4, as: UInt8.self) & 0xf
    sectionNumber = try fields.number(at: start + 6, as: UInt16.self)
    address = try fields.number(at: start + 8, as: UInt64.self)
    memorySizeBytes = try fields.number(at: start + 16, as: UInt64.self)
  }
}
