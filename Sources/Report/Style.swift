/// Whether text carries colour: on a terminal only, and not where `NO_COLOR` or `TERM=dumb` says so.
public enum Style: Sendable {
  case plain, coloured

  /// - Parameter environment: is asked for a terminal only.
  public init(isTerminal: Bool, environment: @autoclosure () -> [String: String]) {
    guard isTerminal else {
      self = .plain
      return
    }
    let variables = environment()
    let refuses = !(variables["NO_COLOR"] ?? "").isEmpty || variables["TERM"] == "dumb"
    self = refuses ? .plain : .coloured
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
    guard self == .coloured, let colour, !text.isEmpty else { return text }
    return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
  }
}
