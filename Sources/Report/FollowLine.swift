import Switching

/// The command line that shows the logs of everything in debug mode.
struct FollowLine {
  /// Printed under a table, with a line feed before and after it.
  let text: String

  /// - Returns: `nil` for nothing.
  init?(for targets: [Outcome.Target]) {
    var words: [String] = []
    for word in targets.map({ SelectionSubject($0).word }) where !words.contains(word) { words.append(word) }
    guard !words.isEmpty else { return nil }
    text = "\nFollow the logs:\n  placeos-loglevel follow \(words.joined(separator: " "))\n"
  }
}
