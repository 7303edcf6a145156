/// How text is laid out: with colour or without, and how wide.
public struct Style: Sendable {
  /// Only on a terminal, and not if `NO_COLOR` or `TERM=dumb` says otherwise.
  let isColoured: Bool
  /// The width of the terminal, in characters; `nil` without one: then each row is one line, so that grep(1)
  /// finds all of it.
  public let columns: Int?

  public static let plain = Style(isColoured: false, columns: nil)
  /// Narrower ones are treated as this wide.
  private static let fewestColumns = 60

  init(isColoured: Bool, columns: Int?) {
    self.isColoured = isColoured
    self.columns = columns
  }

  /// - Parameters:
  ///   - columns: the width of the terminal; `nil` without one.
  ///   - environment: only used for a terminal.
  public init(columns: Int?, environment: @autoclosure () -> [String: String]) {
    guard let columns else {
      self = .plain
      return
    }
    let variables = environment()
    let refuses = !(variables["NO_COLOR"] ?? "").isEmpty || variables["TERM"] == "dumb"
    self.init(isColoured: !refuses, columns: max(Self.fewestColumns, columns))
  }

  enum Colour: String {
    case red = "31"
    case yellow = "33"
    case faint = "2"
    case green = "32"
    case blue = "34"
    case magenta = "35"
    case cyan = "36"
  }

  func paint(_ text: String, _ colour: Colour?) -> String {
    guard isColoured, let colour, !text.isEmpty else { return text }
    return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
  }
}
