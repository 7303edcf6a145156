import Containers
import PlaceOS
import Switching
import Text

/// A line of a service's log, as `follow` shows it.
public struct FollowedRecord: Sendable {
  /// Whose log it is in.
  public struct Origin: Sendable {
    public let service: String
    let container: String?
    let pod: (namespace: String?, name: String?)?
    let pid: Int32
    let shown: String
    /// The name a person knows it by.
    public var name: String { shown }
    private(set) var colour: Style.Colour
    /// The line's object between its time and its level: the same for each line.
    let members: [UInt8]

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
      self.number = number
      var members = Array(",\"service\":".utf8)
      members.appendJSON(service)
      members += ",\"container\":".utf8
      members.appendJSON(container)
      if let pod {
        members += ",\"pod\":{\"namespace\":".utf8
        members.appendJSON(pod.namespace)
        members += ",\"name\":".utf8
        members.appendJSON(pod.name)
        members.append(UInt8(ascii: "}"))
      } else {
        members += ",\"pod\":null".utf8
      }
      self.members = members + ",\"pid\":\(pid),\"level\":".utf8
    }

    /// The same log, of the replacement of a process.
    public func continued(by instance: Instance) -> Origin { Origin(instance, number: number) }

    /// The same, for one that is already known: the colour stays.
    public func continued(by other: Origin) -> Origin {
      var next = other
      (next.colour, next.number) = (colour, number)
      return next
    }

    private var number: Int
  }

  let record: LogRecord
  let origin: Origin
  /// When the runtime got it, or the line's own time.
  let time: LogTime?

  public init(_ record: LogRecord, from origin: Origin, time: LogTime?) {
    self.record = record
    self.origin = origin
    self.time = record.time.flatMap { $0.step < .seconds(1) ? $0 : nil } ?? time ?? record.time
  }

  /// Time, level, `service/container`, source, message, and the rest as `key=value`; a line without a known
  /// form as it is. One line, with its line feed.
  public func text(_ style: Style) -> String {
    let who = style.paint(origin.shown, origin.colour)
    guard let message = record.message else { return "\(who) \(rawText.printable)\n" }
    var text = ""
    text.reserveCapacity(record.raw.count + 64)
    func append(_ word: String) {
      if !text.isEmpty { text += " " }
      text += word
    }
    if let time { append(style.paint(Timestamp(time.wall).timeOfDay, .faint)) }
    if let level = record.level { append(shown(level, style)) }
    append(who)
    // A driver's line is in the log of its core.
    if let program = record.program, program.isDriver { append(style.paint(program.printable, .faint)) }
    if let source = record.source { append(style.paint(source.printable, .faint)) }
    append(message.printable)
    for field in record.data {
      let value = field.value.printable
      let isPlain =
        !value.isEmpty
        && !value.utf8.contains { $0 == 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") }
      if style.isColoured {
        append(style.paint(field.key.printable + "=", .faint))
      } else {
        append(field.key.printable)
        text += "="
      }
      if isPlain || !field.isText {
        text += value
      } else {
        text += "\"\(value)\""
      }
    }
    text += "\n"
    return text
  }

  private func shown(_ level: LogLevel, _ style: Style) -> String {
    let padded = Self.shownLevels[level] ?? ""
    switch level {
    case .error, .fatal: return style.paint(padded, .red)
    case .warn: return style.paint(padded, .yellow)
    case .trace, .debug: return style.paint(padded, .faint)
    default: return padded
    }
  }

  private static let shownLevels = Dictionary(
    uniqueKeysWithValues: LogLevel.allCases.map { level in
      let word = level.rawValue.uppercased()
      return (level, word + String(repeating: " ", count: max(0, 6 - word.count)))
    })

  private var rawText: String { String(decoding: record.raw, as: UTF8.self) }

  /// Appends one JSON object, with a line feed.
  public func appendJSON(to line: inout [UInt8]) {
    line += "{\"time\":".utf8
    line.appendJSON(time.map { Timestamp($0.wall).description })
    line += origin.members
    line.appendJSON(record.level?.rawValue)
    line += ",\"source\":".utf8
    line.appendJSON(record.source)
    line += ",\"message\":".utf8
    line.appendJSON(record.message)
    line += ",\"data\":{".utf8
    var isFirst = true
    func appendKey(_ key: String) {
      if !isFirst { line.append(UInt8(ascii: ",")) }
      isFirst = false
      line.appendJSON(key)
      line.append(UInt8(ascii: ":"))
    }
    if let program = record.program {
      appendKey("program")
      line.appendJSON(program)
    }
    for field in record.data {
      appendKey(field.key)
      if field.isJSON { line += field.value.utf8 } else { line.appendJSON(field.value) }
    }
    line += "},\"raw\":".utf8
    record.raw.withUnsafeBufferPointer { line.appendJSON(utf8: $0) }
    line += "}\n".utf8
  }
}

extension String {
  /// As drivers' executables are named.
  fileprivate var isDriver: Bool {
    if hasPrefix("drv") { return true }
    var rest = utf8[...]
    while let first = rest.firstIndex(of: UInt8(ascii: "d")) {
      rest = rest[first...]
      if rest.starts(with: "driver".utf8) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}

extension LogRecord.Field {
  /// Whether the value was not a string and is JSON as it stands; the line format has other words too.
  fileprivate var isJSON: Bool {
    if isText { return false }
    // As most are.
    let digits = value.utf8
    if !digits.isEmpty, digits.count < 18, digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ $0 >= 0x30 && $0 < 0x3A })
    {
      return true
    }
    return JSONLine(parsing: Array("{\"a\":\(value)}".utf8)[...])?.members.count == 1
  }
}
