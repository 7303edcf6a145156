extension Unicode.Scalar {
  /// Whether it acts on a terminal, or on the text around it, instead of being seen: control, format and
  /// separator characters (Unicode's general categories Cc, Cf, Zl, Zp), which move a cursor, change the
  /// direction of writing, have no width, or begin a line.
  public var isUnseen: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension String {
  /// The text as it may be printed, whoever wrote it: characters that are not seen
  /// (``Unicode/Scalar/isUnseen``) become `\u{…}`.
  public var printable: String {
    // Most text has none.
    var text = self
    if text.withUTF8({ $0.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }) { return self }
    var printable = ""
    for scalar in unicodeScalars {
      if scalar.isUnseen {
        printable += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        printable.unicodeScalars.append(scalar)
      }
    }
    return printable
  }

  /// A JSON document as it may be printed: characters that are not seen, other than the line ends between its
  /// values, are escaped as JSON does (RFC 8259, section 7). They can stand only in strings, where an escape
  /// means the same.
  public var printableJSON: String {
    if utf8.allSatisfy({ $0 < 0x7F }) { return self }
    var printable = ""
    for scalar in unicodeScalars {
      // JSON itself demands an escape for U+0000 to U+001F in a string; outside one they are white space.
      guard scalar.value > 0x1f, scalar.isUnseen else {
        printable.unicodeScalars.append(scalar)
        continue
      }
      for unit in UTF16.encode(scalar)! {
        let digits = String(unit, radix: 16)
        printable += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return printable
  }
}
