/// A table of a few columns for people. Nothing in it is ever cut: what does not fit the terminal is wrapped,
/// and a last column too narrow to read goes below its row.
struct Table {
  struct Cell {
    let text: String
    let colour: Style.Colour?

    init(_ text: String, _ colour: Style.Colour? = nil) {
      self.text = text.printable
      self.colour = colour
    }
  }

  private let titles: [String]
  private let last: String
  private var rows: [(cells: [Cell], note: String)] = []

  /// Narrower than this, no sentence can be read.
  private static let fewestNoteColumns = 24
  /// No column becomes narrower than this.
  private static let fewestColumns = 8

  init(_ titles: [String], last: String) {
    self.titles = titles
    self.last = last
  }

  mutating func add(_ cells: [Cell], last: String) { rows.append((cells, last.printable)) }

  func rendered(_ style: Style) -> String {
    var widths = titles.indices.map { column in
      max(titles[column].count, rows.map { $0.cells[column].text.count }.max() ?? 0)
    }
    let indent = widths.reduce(0) { $0 + $1 + 2 }
    let longest = max(last.count, rows.map(\.note.count).max() ?? 0)
    var noteWidth = Int.max
    var isBeside = true
    var gap = 2
    if let columns = style.columns {
      isBeside = columns - indent >= min(longest, Self.fewestNoteColumns)
      noteWidth = isBeside ? columns - indent : columns - 2
      if indent - 2 > columns {
        gap = 1
        Self.shrink(&widths, to: columns - (widths.count - 1))
      }
    }
    func lines(_ cells: [Cell], _ notes: [String], _ colour: Style.Colour?) -> [String] {
      Self.lines(cells, isBeside ? notes : [], colour, widths, gap, style)
    }
    var text = lines(titles.map { Cell($0, .faint) }, [last], .faint)
    for row in rows {
      let notes = noteWidth == .max ? [row.note] : row.note.wrapped(noteWidth)
      text += lines(row.cells, notes, nil)
      if !isBeside { text += notes.map { "  " + $0 } }
    }
    return text.joined(separator: "\n") + "\n"
  }

  /// Takes from the widest columns until all fit; from the first, which names the row, only what is still
  /// needed.
  private static func shrink(_ widths: inout [Int], to columns: Int) {
    for candidates in [widths.indices.dropFirst(), widths.indices] {
      while widths.reduce(0, +) > columns,
        let widest = candidates.max(by: { widths[$0] < widths[$1] }), widths[widest] > fewestColumns
      {
        widths[widest] -= 1
      }
    }
  }

  /// The lines of one row.
  private static func lines(
    _ cells: [Cell], _ notes: [String], _ noteColour: Style.Colour?, _ widths: [Int], _ gap: Int,
    _ style: Style
  ) -> [String] {
    let columns =
      zip(cells, widths).map { (parts: $0.text.wrapped($1), colour: $0.colour, width: $1) }
      + [(parts: notes, colour: noteColour, width: 0)]
    let count = max(1, columns.map(\.parts.count).max() ?? 1)
    return (0..<count).map { number in
      var line = ""
      var space = 0
      for column in columns {
        let part = number < column.parts.count ? column.parts[number] : ""
        if !part.isEmpty {
          line += String(repeating: " ", count: space) + style.paint(part, column.colour)
          space = 0
        }
        space += column.width - part.count + gap
      }
      return line
    }
  }
}
