/// A table of a few columns for people, of which the last one is wrapped into what is left of the width.
struct Table {
  struct Cell {
    let text: String
    let colour: Style.Colour?

    init(_ text: String, _ colour: Style.Colour? = nil) {
      self.text = text.printable
      self.colour = colour
    }
  }

  static let width = 100
  private let titles: [String]
  /// The widest that each column but the last may become.
  private let limits: [Int]
  private var rows: [[Cell]] = []

  init(_ columns: [(title: String, limit: Int)], last: String) {
    titles = columns.map(\.title) + [last]
    limits = columns.map(\.limit)
  }

  mutating func add(_ cells: [Cell], last: String) { rows.append(cells + [Cell(last)]) }

  func rendered(_ style: Style) -> String {
    let widths = limits.indices.map { column in
      min(limits[column], max(titles[column].count, rows.map { $0[column].text.count }.max() ?? 0))
    }
    let indent = widths.reduce(0) { $0 + $1 + 2 }
    let lastWidth = max(20, Self.width - indent)
    var lines = [line(titles.map { Cell($0, .faint) }, widths, style)]
    for row in rows {
      let notes = row[limits.count].text.wrapped(lastWidth)
      lines.append(line(Array(row[..<limits.count]) + [Cell(notes.first ?? "")], widths, style))
      for note in notes.dropFirst() { lines.append(String(repeating: " ", count: indent) + note) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ style: Style) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let text = column < widths.count ? cell.text.fitted(widths[column]) : cell.text
      line += style.paint(text, cell.colour)
      guard column < widths.count else { break }
      line += String(repeating: " ", count: widths[column] - text.count + 2)
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
