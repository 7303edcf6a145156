import Ledger
import Switching

/// The command line that shows the logs of what is in debug mode.
struct FollowLine {
  let line: String

  /// - Returns: `nil` for nothing.
  init?(for targets: [Outcome.Target]) {
    var words: [String] = []
    for target in targets {
      let word = target.selector
      if !words.contains(word) { words.append(word) }
    }
    guard !words.isEmpty else { return nil }
    line = "placeos-loglevel follow " + words.joined(separator: " ")
  }
}

extension Outcome.Target {
  /// The word that selects it: by its container where that has a name which a shell takes as it stands.
  fileprivate var selector: String {
    guard service != "driver" else { return "pid:\(identity.pid)" }
    guard let container else { return "pid:\(identity.pid)" }
    if let pod = Self.word(container.podName) { return "\(service)/\(pod)" }
    return "\(service)/\(Self.word(container.name) ?? String(container.id.prefix(12)))"
  }

  private static func word(_ name: String?) -> String? {
    guard let name, let first = name.first, first != "-",
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) })
    else { return nil }
    return name
  }
}
