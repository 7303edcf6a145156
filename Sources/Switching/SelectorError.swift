import Text

/// Why a word selects nothing, or nothing definite. All are usage errors.
public enum SelectorError: Error, Hashable, Sendable {
  case empty
  case notAPid(String)
  case unknownBackend(String, nearest: String?, known: [String])
  case unknownService(String, nearest: String?, known: [String])
  /// `all`, if no container has that name.
  case isAll(String)
  /// `30m`, say, which was meant for an option.
  case isTime(String)
  /// `api/` with nothing after the slash.
  case emptyName(String)
  /// A name that fits several containers.
  case ambiguous(Selector, containers: [SelectionSubject.Place])
}

extension SelectorError {
  /// Whether it says that nothing has a name, as far as was looked.
  var isOfUnknownName: Bool {
    switch self {
    case .unknownService, .isAll: true
    default: false
    }
  }

  /// What is wrong with a selector, and what would be right.
  public var sentence: String {
    switch self {
    case .empty: "an empty selector selects nothing; name a service, such as api, or use --all"
    case .notAPid(let word): "'\(word.printable)' names no process; write pid: and a number above 0"
    case .unknownBackend(let word, let nearest, let known):
      "'\(word.printable)' names no backing store\(nearest.map { "; did you mean backend:\($0)?" } ?? "")\n"
        + "Known backing stores: \(known.joined(separator: ", "))"
    case .unknownService(let word, let nearest, let known):
      "unknown service '\(word.printable)'\(nearest.map { "; did you mean \($0)?" } ?? "")\n"
        + "No container with a PlaceOS service has that name.\n"
        + "Known services: \(known.joined(separator: ", "))"
    case .isAll(let word):
      "'\(word.printable)' is the name of no service or container here; to select every service write --all, or no "
        + "selector where --all is no option (status, diagnose, revert, history)"
    case .isTime(let word):
      "'\(word.printable)' is a time and names no service; where a time is meant, write --for \(word.printable)"
    case .emptyName(let word): "'\(word.printable)' names no container; write \(word.printable)NAME"
    case .ambiguous(let selector, let places):
      "'\(selector.word.printable)' fits \(places.count) containers; name one of them by its full name or id:\n"
        + places.map { "  " + $0.sentence }.joined(separator: "\n")
    }
  }
}

extension SelectionSubject.Place {
  var sentence: String {
    let pod = pod.map { "  pod \(namespace ?? "?")/\($0)" } ?? ""
    return "\(name ?? "-")  \(id.prefix(12))\(pod)".printable
  }
}
