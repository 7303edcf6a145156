/// The name of a file of the history, as logrotate(8) gives them: `history.jsonl`, `history.jsonl.1`,
/// `history.jsonl.2.gz`, `history.jsonl-20261122` (dateext), `history-20261122.jsonl.xz` (extension).
struct HistoryFileName: Hashable {
  /// How a file is compressed; the raw value is the end of its name.
  enum Compression: String, CaseIterable {
    case gzip = "gz"
    case xz
    case zstd = "zst"
    case bzip2 = "bz2"

    /// The program that reads it; hosts whose logrotate writes it have it.
    var program: [String] { ["\(self)", "-dc"] }
  }

  /// As it is in the folder.
  let name: String
  /// Without the compression's suffix.
  let plain: String
  let compression: Compression?

  /// - Parameter base: the name of the file that is written to.
  /// - Returns: `nil` for any other name.
  init?(parsing name: String, base: String) {
    self.name = name
    var plain = name[...]
    compression = Compression.allCases.first { name.hasSuffix(".\($0.rawValue)") }
    if let compression { plain = plain.dropLast(compression.rawValue.utf8.count + 1) }
    self.plain = String(plain)
    if plain == base { return }
    let mark: Substring
    if plain.hasPrefix(base) {
      mark = plain.dropFirst(base.count)
    } else {
      // logrotate's `extension .jsonl`.
      guard let dot = base.lastIndex(of: "."), plain.hasPrefix(base[..<dot]), plain.hasSuffix(base[dot...]),
        plain.count > base.count
      else { return nil }
      mark = plain.dropFirst(base[..<dot].count).dropLast(base[dot...].count)
    }
    guard mark.first == "." || mark.first == "-", mark.count > 1,
      mark.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") })
    else { return nil }
  }

  /// The files to read: of one that is just being compressed, the uncompressed one.
  static func whole(_ names: [HistoryFileName]) -> [HistoryFileName] {
    let plain = Set(names.filter { $0.compression == nil }.map(\.name))
    return names.filter { $0.compression == nil || !plain.contains($0.plain) }
  }
}
