extension String {
  /// The longest name kept of anything that others name, bytes: containers, pods, images, executables.
  public static let longestNameBytes = 256

  /// The text itself, or as much of it as fits into so many bytes, cut between two characters.
  public func cut(toBytes limit: Int = longestNameBytes) -> String {
    guard utf8.count > limit else { return self }
    var end = utf8.index(startIndex, offsetBy: limit)
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
