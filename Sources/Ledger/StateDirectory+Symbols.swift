/// The bytes of the symbol cache, which makes a run faster and decides nothing.
extension StateDirectory {
  private static let symbolsName = "symbols.cache"

  /// The cached bytes; `nil` if there are none, or none that may be used.
  public func readSymbols(limitBytes: Int) -> [UInt8]? {
    (try? files.bytes(of: Self.symbolsName, limitBytes: limitBytes)) ?? nil
  }

  /// Keeps `bytes`. Needs no lock: of two writers the last one wins, and both are right.
  ///
  /// - Throws: `LedgerError.unwritable`, `.replacedNotSynced`: the next run only takes longer.
  public func writeSymbols(_ bytes: [UInt8]) throws(LedgerError) {
    try files.replace(Self.symbolsName, with: bytes)
  }
}
