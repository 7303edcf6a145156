/// A selector that selects nothing, and what there is instead.
public struct Unmatched: Hashable, Sendable {
  public let selector: Selector
  /// Where the service that it names does run.
  public let places: [SelectionSubject.Place]
  /// Whether a process with the pid that it names runs, which then is none of PlaceOS's.
  public let isForeignProcess: Bool

  /// - Parameters:
  ///   - subjects: all that could have been selected.
  ///   - isRunning: whether any process has a pid.
  init(_ selector: Selector, among subjects: [SelectionSubject], isRunning: (Int32) -> Bool) {
    self.selector = selector
    switch selector {
    case .contained(let service, _):
      let places = Set(subjects.filter { $0.service == service.name }.compactMap(\.place))
      self.places = places.sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }
      isForeignProcess = false
    case .pid(let pid):
      places = []
      isForeignProcess = isRunning(pid)
    case .service, .driver, .backend: (places, isForeignProcess) = ([], false)
    }
  }
}
