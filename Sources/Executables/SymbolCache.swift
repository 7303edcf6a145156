import Processes
import Text

/// Where trace flags were found, so that an executable is searched only once.
///
/// An entry is a hint, never an answer: it says where in the symbol table the flag's symbol was, and the
/// reader checks in the executable whether it is still there (a few small reads). If not, the executable is
/// searched again. So neither a damaged cache nor an old one can give a wrong answer; that is why unreadable
/// bytes are not an error here but an empty cache: only time is lost. This is the only such exception in this
/// program.
///
/// That an executable has no flag is not kept, as no small read could prove it; searching again takes a few
/// milliseconds, and for a stripped one no longer than a hit.
public struct SymbolCache: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let identity: ExecutableIdentity
    public let traceFlag: TraceFlagSymbol

    public init(identity: ExecutableIdentity, traceFlag: TraceFlagSymbol) {
      self.identity = identity
      self.traceFlag = traceFlag
    }
  }

  /// The number of entries kept; the oldest go first.
  public static let entryLimit = 256
  /// The longest an encoded cache can be.
  public static let sizeLimitBytes = 128 << 10

  /// The oldest first.
  public private(set) var entries: [Entry] = []

  public init() {}

  /// The entry for an executable, if there is one. It must still be checked.
  func entry(for status: FileStatus) -> Entry? { entries.last { $0.identity.matches(status) } }

  /// Adds an entry, replacing an older one for the same file.
  public mutating func record(_ entry: Entry) {
    entries.removeAll {
      $0.identity.device == entry.identity.device && $0.identity.inode == entry.identity.inode
    }
    entries.append(entry)
    if entries.count > Self.entryLimit { entries.removeFirst(entries.count - Self.entryLimit) }
  }

  // MARK: Bytes

  // placeos-loglevel symbols 1
  // 65025 2757126 7201760 1795355460123456789 7f454c…(build id, or -) log-backend 9813088 10366
  private static let title = "placeos-loglevel symbols 1"

  /// Reads what `encoded()` wrote. Anything else gives an empty cache.
  public init(parsing bytes: [UInt8]) {
    guard bytes.count <= Self.sizeLimitBytes, bytes.last == UInt8(ascii: "\n") else { return }
    var lines = bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let first = lines.first, first.elementsEqual(Self.title.utf8) else { return }
    lines.removeFirst()
    guard lines.count <= Self.entryLimit else { return }
    var entries: [Entry] = []
    for line in lines {
      guard let entry = Entry(line: line) else { return }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// The cache as bytes, for a file.
  public func encoded() -> [UInt8] {
    var text = Self.title + "\n"
    for entry in entries {
      let identity = entry.identity
      let flag = entry.traceFlag
      text += "\(identity.device) \(identity.inode) \(identity.sizeBytes) \(identity.modified.nanoseconds) "
      text += "\(identity.buildID ?? "-") \(flag.kind.rawValue) \(flag.address) \(flag.index)\n"
    }
    return Array(text.utf8)
  }
}

extension SymbolCache.Entry {
  fileprivate init?(line: ArraySlice<UInt8>) {
    let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard fields.count == 8,
      let device = UInt64(ascii: fields[0]), let inode = UInt64(ascii: fields[1]),
      let size = Int64(ascii: fields[2]), let modified = Self.signed(fields[3]),
      let kind = TraceFlagSymbol.Kind(rawValue: String(decoding: fields[5], as: UTF8.self)),
      let address = UInt64(ascii: fields[6]), let index = Int(ascii: fields[7])
    else { return nil }
    var buildID: String?
    if !fields[4].elementsEqual("-".utf8) {
      guard (2...128).contains(fields[4].count), fields[4].allSatisfy({ $0.hexadecimalValue != nil })
      else { return nil }
      buildID = String(decoding: fields[4], as: UTF8.self)
    }
    self.init(
      identity: ExecutableIdentity(
        device: device, inode: inode, sizeBytes: size, modified: WallTime(nanoseconds: modified),
        buildID: buildID),
      traceFlag: TraceFlagSymbol(kind: kind, address: address, index: index))
  }

  /// A file may be older than the epoch.
  private static func signed(_ field: ArraySlice<UInt8>) -> Int64? {
    guard field.first == UInt8(ascii: "-") else { return Int64(ascii: field) }
    // By its magnitude, because the smallest number's does not fit.
    guard let magnitude = UInt64(ascii: field.dropFirst()), magnitude <= Int64.min.magnitude else {
      return nil
    }
    return Int64(truncatingIfNeeded: 0 &- magnitude)
  }
}
