extension String {
  /// The text in lines of at most `width` characters, broken between words where that is possible.
  public func wrapped(_ width: Int) -> [String] {
    if count <= width { return isEmpty ? [] : [self] }
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
