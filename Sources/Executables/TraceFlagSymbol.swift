import Processes
import Text

/// The variable that says whether a PlaceOS process is in debug mode, as its executable names it.
///
/// Crystal names a class variable by its class and its own name, so that nm(1) shows `0000000000179b40
/// 0000000000000001 B PlaceOS::LogBackend::trace`: one byte, in `.bss`.
public struct TraceFlagSymbol: Hashable, Sendable {
  /// Whose flag it is; the two handle signals differently.
  public enum Kind: String, Sendable, CaseIterable {
    /// A service with placeos-log-backend 0.10.6 or newer.
    case logBackend = "log-backend"
    /// A driver with placeos-driver 6.3.11 or newer.
    case driver

    /// The symbol's whole name.
    public var symbolName: String {
      switch self {
      case .logBackend: "PlaceOS::LogBackend::trace"
      case .driver: "PlaceOS::Driver::trace"
      }
    }
  }

  public let kind: Kind
  /// The flag's address, before the load base is added.
  public let address: UInt64
  /// The number of its entry in the symbol table.
  public let index: Int

  init(kind: Kind, address: UInt64, index: Int) {
    self.kind = kind
    self.address = address
    self.index = index
  }

  /// Accepts a symbol of the right name, if it can be the flag.
  ///
  /// - Throws: `ParseError` unless it is a variable of one byte in writable memory, and not thread-local.
  init(
    _ symbol: ELFSymbol, kind: Kind, index: Int, sections: ELFSections, segments: [ELFSegment]
  ) throws(ParseError) {
    guard symbol.type == 1, symbol.memorySizeBytes == 1 else {
      throw ParseError(
        "\(kind.symbolName) is not a variable of 1 byte (type \(symbol.type), "
          + "\(symbol.memorySizeBytes) bytes)")
    }
    guard let section = sections.section(symbol.sectionNumber), section.isWritableData,
      section.contains(symbol.address, size: 1),
      segments.contains(where: { $0.isWritable && $0.contains(symbol.address, size: 1) })
    else { throw ParseError("\(kind.symbolName) does not lie in the data of the executable") }
    self.init(kind: kind, address: symbol.address, index: index)
  }
}
