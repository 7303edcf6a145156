/// One JSON object on its own line, read strictly (RFC 8259), for its strings alone.
///
/// What a service logs holds words of its clients. A lenient reader could be led to take such words for the
/// service's own; this one gives no answer instead. A repeated key is refused, because readers differ on
/// which of the two counts.
public struct JSONLine {
  /// The object's string values. Values of other kinds are checked and left out, with everything in them.
  public var strings: [String: String] {
    Dictionary(members.filter(\.isText).map { ($0.key, $0.value) }) { first, _ in first }
  }

  /// One member of the object.
  public struct Member: Hashable, Sendable {
    public let key: String
    /// The value of a string; for a value of another kind, its JSON text.
    public let value: String
    /// Whether the value is a string.
    public let isText: Bool

    public init(key: String, value: String, isText: Bool) {
      (self.key, self.value, self.isText) = (key, value, isText)
    }
  }

  /// All members, in their order.
  public let members: [Member]

  /// - Returns: `nil` for anything but one whole object.
  public init?(parsing bytes: ArraySlice<UInt8>) {
    var reader = Reader(rest: bytes)
    guard let members = reader.object(), reader.rest.isEmpty else { return nil }
    self.members = members
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    /// More than any log line nests: a bound, because the reader is recursive.
    private static let limitDepth = 16

    mutating func object() -> [Member]? {
      var members: [Member] = []
      members.reserveCapacity(16)
      // Most lines have few keys: comparing them is faster than hashing.
      var keys: Set<String> = []
      func isNew(_ key: String) -> Bool {
        guard members.count >= 16 else { return !members.contains { $0.key == key } }
        if keys.isEmpty { keys = Set(members.map(\.key)) }
        return keys.insert(key).inserted
      }
      guard take("{") else { return nil }
      skipSpace()
      if take("}") { return members }
      while true {
        guard let key = string(), isNew(key) else { return nil }
        skipSpace()
        guard take(":") else { return nil }
        skipSpace()
        if rest.first == UInt8(ascii: "\"") {
          guard let value = string() else { return nil }
          members.append(Member(key: key, value: value, isText: true))
        } else {
          let start = rest
          guard skipValue(depth: 1),
            let text = String(validating: start[..<rest.startIndex], as: UTF8.self)
          else { return nil }
          members.append(Member(key: key, value: text, isText: false))
        }
        skipSpace()
        if take("}") { return members }
        guard take(",") else { return nil }
        skipSpace()
      }
    }

    private mutating func skipValue(depth: Int) -> Bool {
      guard depth <= Self.limitDepth, let first = rest.first else { return false }
      switch first {
      case UInt8(ascii: "\""): return string() != nil
      case UInt8(ascii: "{"): return skipObject(depth: depth)
      case UInt8(ascii: "["): return skipArray(depth: depth)
      case UInt8(ascii: "t"): return takeWord("true")
      case UInt8(ascii: "f"): return takeWord("false")
      case UInt8(ascii: "n"): return takeWord("null")
      default: return skipNumber()
      }
    }

    private mutating func skipObject(depth: Int) -> Bool {
      guard take("{") else { return false }
      skipSpace()
      if take("}") { return true }
      while true {
        guard string() != nil else { return false }
        skipSpace()
        guard take(":") else { return false }
        skipSpace()
        guard skipValue(depth: depth + 1) else { return false }
        skipSpace()
        if take("}") { return true }
        guard take(",") else { return false }
        skipSpace()
      }
    }

    private mutating func skipArray(depth: Int) -> Bool {
      guard take("[") else { return false }
      skipSpace()
      if take("]") { return true }
      while true {
        guard skipValue(depth: depth + 1) else { return false }
        skipSpace()
        if take("]") { return true }
        guard take(",") else { return false }
        skipSpace()
      }
    }

    private mutating func skipNumber() -> Bool {
      _ = take("-")
      if !take("0"), skipDigits() == 0 { return false }
      if take("."), skipDigits() == 0 { return false }
      if take("e") || take("E") {
        if !take("+") { _ = take("-") }
        if skipDigits() == 0 { return false }
      }
      return true
    }

    private mutating func skipDigits() -> Int {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[digits.endIndex...]
      return digits.count
    }

    private mutating func string() -> String? {
      guard take("\"") else { return nil }
      // Most strings have no escapes, and are taken as they are.
      let count = rest.withUnsafeBytes { bytes in
        var index = 0
        while index < bytes.count, bytes[index] >= 0x20, bytes[index] != UInt8(ascii: "\""),
          bytes[index] != UInt8(ascii: "\\")
        {
          index += 1
        }
        return index
      }
      let plain = rest.prefix(count)
      rest = rest[plain.endIndex...]
      if take("\"") { return String(validating: plain, as: UTF8.self) }
      var bytes = Array(plain)
      while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
        case 0..<0x20: return nil
        case UInt8(ascii: "\\"):
          guard let scalar = escape() else { return nil }
          bytes += Array(String(Character(scalar)).utf8)
        default: bytes.append(byte)
        }
      }
      return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
      switch rest.popFirst() {
      case UInt8(ascii: "\""): return "\""
      case UInt8(ascii: "\\"): return "\\"
      case UInt8(ascii: "/"): return "/"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"):
        guard let unit = codeUnit() else { return nil }
        // A surrogate alone is not a character: Unicode.Scalar refuses it.
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        guard take("\\"), take("u"), let low = codeUnit(), (0xDC00..<0xE000).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      default: return nil
      }
    }

    private mutating func codeUnit() -> UInt32? {
      var unit: UInt32 = 0
      for _ in 0..<4 {
        guard let byte = rest.popFirst(), byte < 0x80,
          let digit = Character(Unicode.Scalar(byte)).hexDigitValue
        else { return nil }
        unit = unit << 4 | UInt32(digit)
      }
      return unit
    }

    private mutating func skipSpace() {
      rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: scalar) else { return false }
      rest.removeFirst()
      return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
      let isThere = word.withUTF8Buffer { rest.starts(with: $0) }
      if isThere { rest = rest.dropFirst(word.utf8CodeUnitCount) }
      return isThere
    }
  }
}
