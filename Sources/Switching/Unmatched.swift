import Text

/// A selector that matches nothing, and what there is instead.
public struct Unmatched: Hashable, Sendable {
  public let selector: Selector
  /// Where the service that it names does run.
  public let places: [SelectionSubject.Place]
  /// Whether the pid that it names is a process's, which then is not a PlaceOS service.
  public let isForeignProcess: Bool
  /// Containers that it names and that are not running.
  public let idle: [IdleService]

  init(_ selector: Selector, idle: [IdleService]) {
    (self.selector, self.idle) = (selector, idle)
    (places, isForeignProcess) = ([], false)
  }

  /// - Parameters:
  ///   - subjects: everything that could have been selected.
  ///   - isRunning: whether any process has a pid.
  init(_ selector: Selector, among subjects: [SelectionSubject], isRunning: (Int32) -> Bool) {
    self.selector = selector
    idle = []
    switch selector {
    case .contained(let service, _):
      let places = Set(subjects.filter { $0.service == service.name }.compactMap(\.place))
      self.places = places.sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
      isForeignProcess = false
    case .pid(let pid):
      places = []
      isForeignProcess = isRunning(pid)
    case .service, .driver, .backend, .container: (places, isForeignProcess) = ([], false)
    }
  }
}

extension Unmatched {
  /// Says that nothing was selected, and what could be.
  public var sentence: String {
    let word = selector.word.printable
    if !idle.isEmpty {
      return "nothing of \(word) runs:\n" + idle.map { "  " + $0.wholeSentence }.joined(separator: "\n")
    }
    if case .pid(let pid) = selector {
      return isForeignProcess
        ? "process \(pid) is not a PlaceOS service" : "there is no process \(pid)"
    }
    guard !places.isEmpty else { return "nothing matches \(word)" }
    return "nothing matches \(word); the service runs in:\n"
      + places.map { "  " + $0.sentence }.joined(separator: "\n")
  }

  /// The same for `revert`, which looks at what is recorded.
  public var sentenceForRevert: String {
    "nothing that this tool has switched on matches \(selector.word.printable)"
  }
}
