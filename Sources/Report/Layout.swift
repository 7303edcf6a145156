extension String {
  /// The text cut to `width` characters, the last one then a "…".
  func fitted(_ width: Int) -> String { count <= width ? self : prefix(max(0, width - 1)) + "…" }

  /// The text in lines of at most `width` characters, broken between words where that is possible.
  func wrapped(_ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in split(separator: " ") {
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
