import Host

/// Text that is safe to print, whatever process or container it comes from.
enum Text {
  /// With control characters escaped: nothing that is printed can move a terminal's cursor, or forge a line.
  static func safe(_ text: String) -> String { SystemLog.escaped(text) }

  /// `text` cut to `width` characters, the last one then a "…".
  static func fitted(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
  }

  /// `text` in lines of at most `width` characters, broken between words where that is possible.
  static func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      var word = Substring(word)
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      while word.count > width {
        lines.append(String(word.prefix(width)))
        word = word.dropFirst(width)
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}
