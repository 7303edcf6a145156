import Text

extension [UInt8] {
  /// Appends a JSON string, RFC 8259, section 7, with invisible characters escaped (``Unicode/Scalar/isUnseen``);
  /// `null` for `nil`.
  mutating func appendJSON(_ text: String?) {
    guard var text else {
      self += "null".utf8
      return
    }
    text.withUTF8 { appendJSON(utf8: $0) }
  }

  /// The same for bytes; invalid UTF-8 is repaired.
  mutating func appendJSON(utf8 bytes: UnsafeBufferPointer<UInt8>) {
    let start = count
    append(UInt8(ascii: "\""))
    var plainStart = 0
    var isPlain = true
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        if byte >= 0x7F { isPlain = false }
        continue
      }
      append(contentsOf: bytes[plainStart..<index])
      plainStart = index + 1
      switch byte {
      case 0x0A: self += "\\n".utf8
      case 0x09: self += "\\t".utf8
      case 0..<0x20: self += ("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8
      default:
        append(UInt8(ascii: "\\"))
        append(byte)
      }
    }
    append(contentsOf: bytes[plainStart...])
    append(UInt8(ascii: "\""))
    // Rare: what is not ASCII is looked at by scalars.
    if !isPlain {
      let json = String(decoding: self[start...], as: UTF8.self).printableJSON
      replaceSubrange(start..., with: json.utf8)
    }
  }
}
