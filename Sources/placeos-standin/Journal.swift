import Glibc

/// The log of the stand-in, on standard output, in the two formats that PlaceOS's services have.
struct Journal {
  enum Level: Int, CaseIterable {
    case trace, debug, info, warn, error

    init?(named name: String) {
      guard let level = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
      self = level
    }

    var name: String { "\(self)" }
    /// As the message of a switch has it, `Trace`.
    var title: String { name.prefix(1).uppercased() + name.dropFirst() }
  }

  /// What the log calls the service.
  let program: String
  let isJSON: Bool
  /// The least that is written.
  var level: Level

  /// Writes a line, unless the level is above its own.
  func log(_ level: Level, _ message: String, source: String) {
    if level.rawValue >= self.level.rawValue { write(level, message, source: source) }
  }

  /// Writes a line whatever the level is.
  func write(_ level: Level, _ message: String, source: String?) {
    if isJSON {
      let fields = [
        ("level", level.name.uppercased()), ("time", Self.now()), ("program", program),
        ("source", source ?? ""), ("message", message),
      ]
      print("{" + fields.map { "\"\($0)\":\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}")
    } else {
      let from = source.map { " source=\($0)" } ?? ""
      let start = "level=[\(level.title.prefix(1))] time=\(Self.now()) program=\(program)"
      print("\(start)\(from) message=\"\(message)\"")
    }
  }

  /// Writes text as a line of its own, in one call, so that who follows the log never reads half a line. A
  /// reader that is gone does not end a service.
  func print(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
  }

  /// RFC 3339, in UTC, whole seconds.
  private static func now() -> String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": escaped += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
