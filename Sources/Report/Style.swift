/// Whether text carries colour: on a terminal only, and not where `NO_COLOR` or `TERM=dumb` says so.
public enum Style: Sendable {
  case plain, coloured

  public init(isTerminal: Bool, environment: [String: String]) {
    let refuses = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    self = isTerminal && !refuses ? .coloured : .plain
  }

  enum Colour: String {
    case red = "31"
    case yellow = "33"
    case faint = "2"
  }

  func paint(_ text: String, _ colour: Colour?) -> String {
    guard self == .coloured, let colour, !text.isEmpty else { return text }
    return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
  }
}
