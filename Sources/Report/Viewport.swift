/// Which lines of a page to show on a screen that may be too small for all.
public struct Viewport: Hashable, Sendable {
  /// The first line to show, counted from 0.
  public private(set) var top = 0

  public init() {}

  /// The lines to show; if that is not all, the last row says which.
  ///
  /// - Parameter rows: the height of the screen.
  public mutating func visible(_ lines: [String], rows: Int) -> [String] {
    let rows = max(2, rows)
    guard lines.count > rows else {
      top = 0
      return lines
    }
    top = min(max(0, top), lines.count - (rows - 1))
    let end = top + rows - 1
    return lines[top..<end] + ["lines \(top + 1) to \(end) of \(lines.count); arrows, PgUp, PgDn scroll"]
  }

  /// Does what the keys ask for, as terminals send them (console_codes(4), less(1)).
  ///
  /// - Returns: whether to end: `q`.
  public mutating func take(_ keys: some Sequence<UInt8>, lines: Int, rows: Int) -> Bool {
    let page = max(1, rows - 2)
    var rest = String(decoding: Array(keys), as: UTF8.self)[...]
    while let first = rest.first {
      if let (sequence, move) = Self.sequences.first(where: { rest.hasPrefix($0.0) }) {
        rest = rest.dropFirst(sequence.count)
        scroll(move, page, lines)
        continue
      }
      rest = rest.dropFirst()
      switch first {
      case "q", "Q": return true
      case "j", "\r", "\n": scroll(.line(1), page, lines)
      case "k": scroll(.line(-1), page, lines)
      case " ", "f": scroll(.page(1), page, lines)
      case "b": scroll(.page(-1), page, lines)
      case "g": scroll(.start, page, lines)
      case "G": scroll(.end, page, lines)
      default: continue
      }
    }
    return false
  }

  private enum Move {
    case line(Int)
    case page(Int)
    case start, end
  }

  private static let sequences: [(String, Move)] = [
    ("\u{1b}[A", .line(-1)), ("\u{1b}OA", .line(-1)), ("\u{1b}[B", .line(1)), ("\u{1b}OB", .line(1)),
    ("\u{1b}[5~", .page(-1)), ("\u{1b}[6~", .page(1)), ("\u{1b}[H", .start), ("\u{1b}[1~", .start),
    ("\u{1b}[F", .end), ("\u{1b}[4~", .end),
  ]

  private mutating func scroll(_ move: Move, _ page: Int, _ lines: Int) {
    switch move {
    case .line(let step): top += step
    case .page(let step): top += step * page
    case .start: top = 0
    case .end: top = lines
    }
    top = min(max(0, top), max(0, lines - 1 - page))
  }
}
