import PlaceOS
import Text

extension Selector {
  /// The words that select something of these, for a shell to offer: services, services in their containers or
  /// pods, drivers.
  ///
  /// Names come from whoever made the container or compiled the driver, and bash expands what it is offered as if
  /// it had been typed (bash(1), compgen -W: `$(…)` is run). Only names that no shell reads anything into are among
  /// them; the others can still be typed.
  public static func words(selecting subjects: [SelectionSubject]) -> [String] {
    var words: Set<String> = []
    for subject in subjects {
      words.insert(subject.service)
      let names =
        subject.service == "driver"
        ? [SelectionSubject.driverName(ofExecutable: subject.executable)]
        : subject.place.map { [$0.pod ?? $0.name ?? String($0.id.prefix(12))] } ?? []
      for name in names where isPlain(name) { words.insert("\(subject.service)/\(name)") }
    }
    return words.sorted()
  }

  private static func isPlain(_ name: String) -> Bool {
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
