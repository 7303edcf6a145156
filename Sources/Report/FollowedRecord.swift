import Containers
import PlaceOS
import Switching
import Text

/// A line of a service's log, as `follow` shows it.
public struct FollowedRecord: Sendable {
  /// Whose log it is in.
  public struct Origin: Sendable {
    let service: String
    let container: String?
    let pod: (namespace: String?, name: String?)?
    let pid: Int32
    let shown: String
    /// What a person knows it by.
    public var name: String { shown }
    let colour: Style.Colour

    /// - Parameter number: tells one instance from another, by its colour.
    public init(_ instance: Instance, number: Int) {
      service = instance.service.name
      container = instance.container.map { $0.name ?? String($0.id.prefix(12)) }
      pod = instance.container?.pod.map { ($0.namespace, $0.name) }
      pid = instance.identity.pid
      let place = pod?.name ?? container
      shown = (place.map { [service] in "\(service)/\($0)" } ?? service).printable
      let colours: [Style.Colour] = [.cyan, .green, .magenta, .blue]
      colour = colours[number % colours.count]
    }
  }

  let record: LogRecord
  let origin: Origin
  /// When the runtime got it, or what the line says.
  let time: LogTime?

  public init(_ record: LogRecord, from origin: Origin, time: LogTime?) {
    self.record = record
    self.origin = origin
    self.time = record.time.flatMap { $0.stepNs < 1_000_000_000 ? $0 : nil } ?? time ?? record.time
  }

  /// Time, level, `service/container`, source, message, and the rest as `key=value`; what is of no known form
  /// as it is. One line, with its line feed.
  public func text(_ style: Style) -> String {
    let who = style.paint(origin.shown, origin.colour)
    guard let message = record.message else { return "\(who) \(rawText.printable)\n" }
    var words: [String] = []
    if let time {
      words.append(style.paint(String(Timestamp(wallNs: time.wallNs).description.dropFirst(11)), .faint))
    }
    if let level = record.level { words.append(shown(level, style)) }
    words.append(who)
    // A driver's line stands in the log of its core.
    let source = [record.program.flatMap { $0.isDriver ? $0 : nil }, record.source].compactMap { $0 }
    if !source.isEmpty { words.append(style.paint(source.joined(separator: " ").printable, .faint)) }
    words.append(message.printable)
    for field in record.data {
      let value = field.value.printable
      let isPlain = !value.isEmpty && !value.contains { $0 == " " || $0 == "\"" || $0 == "=" }
      words.append(
        style.paint(field.key.printable + "=", .faint) + (isPlain || !field.isText ? value : "\"\(value)\""))
    }
    return words.joined(separator: " ") + "\n"
  }

  private func shown(_ level: LogLevel, _ style: Style) -> String {
    let word = level.rawValue.uppercased()
    let padded = word + String(repeating: " ", count: max(0, 6 - word.count))
    switch level {
    case .error, .fatal: return style.paint(padded, .red)
    case .warn: return style.paint(padded, .yellow)
    case .trace, .debug: return style.paint(padded, .faint)
    default: return padded
    }
  }

  private var rawText: String { String(decoding: record.raw, as: UTF8.self) }

  /// One JSON object, with a line feed.
  public var json: String {
    var json = "{\"time\":" + Self.quoted(time.map { Timestamp(wallNs: $0.wallNs).description })
    json += ",\"service\":" + Self.quoted(origin.service)
    json += ",\"container\":" + Self.quoted(origin.container)
    if let pod = origin.pod {
      json += ",\"pod\":{\"namespace\":\(Self.quoted(pod.namespace)),\"name\":\(Self.quoted(pod.name))}"
    } else {
      json += ",\"pod\":null"
    }
    json += ",\"pid\":\(origin.pid),\"level\":" + Self.quoted(record.level?.rawValue)
    json += ",\"source\":" + Self.quoted(record.source)
    json += ",\"message\":" + Self.quoted(record.message)
    var data = record.data.map {
      Self.quoted($0.key) + ":" + ($0.isText ? Self.quoted($0.value) : $0.jsonValue)
    }
    if let program = record.program { data.insert("\"program\":" + Self.quoted(program), at: 0) }
    json += ",\"data\":{" + data.joined(separator: ",") + "}"
    return json + ",\"raw\":" + Self.quoted(rawText) + "}\n"
  }

  static func quoted(_ text: String?) -> String {
    guard let text else { return "null" }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\u{0}"..."\u{1f}":
        quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return (quoted + "\"").printableJSON
  }
}

extension String {
  /// As drivers' executables are called.
  fileprivate var isDriver: Bool { hasPrefix("drivers_") || hasPrefix("drv") || contains("driver") }
}

extension LogRecord.Field {
  /// A value that was no string: JSON as it stands, if it is; the line format has other words too.
  fileprivate var jsonValue: String {
    let isJSON = JSONLine(parsing: Array("{\"a\":\(value)}".utf8)[...])?.members.count == 1
    return isJSON ? value : FollowedRecord.quoted(value)
  }
}
