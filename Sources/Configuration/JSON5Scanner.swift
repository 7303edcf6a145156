import Text

/// Reads a JSON5 text byte by byte, and knows its line.
struct JSON5Scanner {
  private let bytes: [UInt8]
  private var position = 0
  /// Counted from 1; LF, CR and CR LF end one.
  private(set) var line = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next byte; `nil` at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// - Parameter key: of the innermost value around it, such as `services[0].name`.
  func flaw(_ key: String, _ expected: String) -> ConfigurationFlaw {
    ConfigurationFlaw(line: line, key: key, expected: expected + (next == nil ? ", and not the end" : ""))
  }

  mutating func advance() {
    guard let byte = next else { return }
    position += 1
    let isCRLF = byte == UInt8(ascii: "\r") && next == UInt8(ascii: "\n")
    if byte == UInt8(ascii: "\n") || (byte == UInt8(ascii: "\r") && !isCRLF) { line += 1 }
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: scalar) else { return false }
    advance()
    return true
  }

  private func starts(with text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes[position...].starts(with: $0) }
  }

  /// Skips white space and comments.
  mutating func skipSpace() throws(ConfigurationFlaw) {
    while let byte = next {
      if Self.isSpace(byte) {
        advance()
      } else if starts(with: "//") {
        while let byte = next, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { advance() }
      } else if starts(with: "/*") {
        let start = self
        advance()
        advance()
        while next != nil, !starts(with: "*/") { advance() }
        guard next != nil else { throw start.flaw("", "a comment that ends with */") }
        advance()
        advance()
      } else {
        return
      }
    }
  }

  /// A key: a string, or a JavaScript identifier.
  mutating func readKey(_ key: String) throws(ConfigurationFlaw) -> String {
    if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try readString(key) }
    let start = position
    while let byte = next, Self.isNamePart(byte) { advance() }
    let name = bytes[start..<position]
    guard let first = name.first, !Self.isDigit(first) else { throw flaw(key, "a key or '}'") }
    return String(decoding: name, as: UTF8.self)
  }

  /// A number, `true`, `false` or `null`; the caller checks which.
  mutating func readWord(_ key: String) throws(ConfigurationFlaw) -> String {
    let start = position
    while let byte = next,
      Self.isNamePart(byte) || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    {
      advance()
    }
    guard position > start else { throw flaw(key, "a value") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// A string in either kind of quotation marks, without its escapes.
  mutating func readString(_ key: String) throws(ConfigurationFlaw) -> String {
    let start = self
    guard let quote = next else { throw flaw(key, "a string") }
    advance()
    var units: [UInt8] = []
    while let byte = next, byte != quote {
      if byte == UInt8(ascii: "\\") {
        advance()
        try readEscape(into: &units, key)
      } else if byte < 0x20, byte != UInt8(ascii: "\t") {
        throw start.flaw(key, "a string that ends on its line")
      } else {
        units.append(byte)
        advance()
      }
    }
    guard next == quote else { throw start.flaw(key, "a string that ends") }
    advance()
    return String(decoding: units, as: UTF8.self)
  }

  private mutating func readEscape(
    into units: inout [UInt8], _ key: String
  ) throws(ConfigurationFlaw) {
    guard let byte = next else { throw flaw(key, "a string that ends") }
    switch byte {
    case UInt8(ascii: "u"), UInt8(ascii: "x"):
      advance()
      var value = try readHexadecimal(byte == UInt8(ascii: "u") ? 4 : 2, key)
      // A surrogate pair, for a character beyond U+FFFF.
      if (0xd800..<0xdc00).contains(value), starts(with: "\\u") {
        advance()
        advance()
        let low = try readHexadecimal(4, key)
        if (0xdc00..<0xe000).contains(low) { value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00) }
      }
      units += Array(String(Unicode.Scalar(value) ?? "\u{fffd}").utf8)
    case UInt8(ascii: "\r"):
      // A line that continues in the next one.
      advance()
      if next == UInt8(ascii: "\n") { advance() }
    case UInt8(ascii: "\n"): advance()
    default:
      units.append(Self.escapes[byte] ?? byte)
      advance()
    }
  }

  private mutating func readHexadecimal(
    _ count: Int, _ key: String
  ) throws(ConfigurationFlaw) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = next?.hexadecimalValue else {
        throw flaw(key, "\(count) hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      advance()
    }
    return value
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "v"): 11,
    UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13, UInt8(ascii: "0"): 0,
  ]

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0d).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
  }
}
