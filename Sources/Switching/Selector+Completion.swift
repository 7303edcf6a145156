import PlaceOS
import Text

extension Selector {
  /// The words that select something among these, for a shell to offer: services, services in their
  /// containers or pods, drivers.
  ///
  /// Names come from whoever made the container or compiled the driver, and bash expands what it is offered
  /// as if it had been typed (bash(1), compgen -W: `$(…)` is run). Only names that mean nothing special to
  /// any shell are offered; the others can still be typed.
  public static func words(selecting subjects: [SelectionSubject]) -> [String] {
    var words: Set<String> = []
    for subject in subjects {
      words.insert(subject.service)
      let names =
        subject.service == "driver"
        ? [SelectionSubject.driverName(ofExecutable: subject.executable)]
        : subject.place.map { [$0.pod ?? $0.name ?? $0.shortID] } ?? []
      for name in names where isPlain(name) { words.insert("\(subject.service)/\(name)") }
    }
    return words.sorted()
  }

  /// Whether a name means nothing special to any shell, and is not a pattern to a selector.
  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension SelectionSubject {
  /// A word that selects it, to be typed in a shell as it stands: a process in a container by the container
  /// or the pod, so that a restart changes nothing; drivers and processes outside containers by the pid.
  public var word: String {
    guard let place, service != "driver" else { return "pid:\(pid)" }
    let name = [place.pod, place.name].compactMap { $0 }.first(where: Selector.isPlain)
    return "\(service)/\(name ?? place.shortID)"
  }
}

extension SelectionSubject.Place {
  /// As much of the id as `docker ps` shows.
  var shortID: String { String(id.prefix(12)) }
}
