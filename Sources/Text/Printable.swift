extension StringProtocol {
  /// The text as it may be printed, whoever wrote it: control, format and separator characters (Unicode's general
  /// categories Cc, Cf, Zl, Zp) stand as `\u{…}`, so that no name can move a terminal's cursor, turn the direction
  /// of writing, or begin a line of its own.
  public var printable: String {
    var printable = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        printable += "\\u{\(String(scalar.value, radix: 16))}"
      default: printable.unicodeScalars.append(scalar)
      }
    }
    return printable
  }
}
