import Configuration
import PlaceOS
import Report

@testable import Switching
@testable import Text

/// What a person types.
enum Words {
  static func selector(_ bytes: [UInt8]) throws {
    let word = String(decoding: bytes, as: UTF8.self)
    guard let selector = accepted({ try Selector(parsing: word, catalogue: .placeOS) }) else { return }
    try require(
      accepted { try Selector(parsing: selector.word, catalogue: .placeOS) } == selector,
      "selector: typed again, it differs")
    let place = SelectionSubject.Place(
      id: String(repeating: "0f", count: 32), name: "rest-api", pod: "rest-api-x2x9k", namespace: "placeos")
    let subjects = ["api", "driver", "core"].enumerated().map {
      SelectionSubject(
        service: $1, pid: Int32($0) + 40, executable: "/app/bin/drivers/drivers_place_meet_c54390a",
        place: $1 == "driver" ? nil : place)
    }
    guard let found = accepted({ try Selection.these([selector]).resolve(subjects) }) else { return }
    try require(found.unmatched.isEmpty != found.chosen.isEmpty, "selector: neither found nor missing")
  }

  /// What a terminal sends while a page is shown.
  static func keys(_ bytes: [UInt8]) throws {
    var viewport = Viewport()
    let lines = (0..<Int(bytes.first ?? 0)).map { "line \($0)" }
    let rows = 1 + Int(bytes.last ?? 0) % 40
    _ = viewport.take(bytes, lines: lines.count, rows: rows)
    let visible = viewport.visible(lines, rows: rows)
    try require(visible.count <= max(2, rows), "keys: more than fits")
    try require(lines.isEmpty || viewport.top < lines.count, "keys: beyond the end")
  }

  static func duration(_ bytes: [UInt8]) throws {
    guard let text = String(validating: bytes, as: UTF8.self),
      let duration = DurationText(parsing: text)
    else { return }
    try require(duration.span >= .zero, "duration: it is negative")
    try require(
      DurationText(parsing: "\(duration.span.nanoseconds / 1_000_000)ms") == duration,
      "duration: it differs in ms")
    try require(!duration.description.isEmpty, "duration: it cannot be shown")
  }
}
