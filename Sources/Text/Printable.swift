extension Unicode.Scalar {
  /// Whether it does something to a terminal, or to the text around it, instead of being seen: control, format and
  /// separator characters (Unicode's general categories Cc, Cf, Zl, Zp), which move a cursor, turn the direction of
  /// writing, have no width, or begin a line.
  public var isUnseen: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension StringProtocol {
  /// The text as it may be printed, whoever wrote it: what is not seen (``Unicode/Scalar/isUnseen``) stands as
  /// `\u{…}`.
  public var printable: String {
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

  /// A JSON document as it may be printed: what is not seen, but for the line ends between its values, is escaped as
  /// JSON escapes (RFC 8259, section 7). It can stand in strings alone, where an escape means the same.
  public var printableJSON: String {
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
