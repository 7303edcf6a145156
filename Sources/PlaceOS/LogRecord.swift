import Text

/// One line of a service's output, parsed as far as its form is known.
///
/// PlaceOS's two formats, and the short form of Crystal's own logger, which some services use whatever
/// `PLACE_LOG_FORMAT` says:
/// ```
/// {"level":"INFO","time":"2026-11-22T12:39:44Z","program":"api","source":"action-controller",\
///   "message":"200","path":"/api","duration":"1.2ms"}
/// level=[I] time=2026-11-22T12:39:44Z program=api source=action-controller message="200" path="/api"
/// 2026-11-25T03:47:16.123456Z  ERROR - source: message -- path: "/api"
/// ```
/// (The first is one line.) It is only for display: services log words of their clients, so nothing here is
/// evidence. A line in none of these forms has only ``raw``.
public struct LogRecord: Hashable, Sendable {
  /// A value logged next to the message.
  public struct Field: Hashable, Sendable {
    public let key: String
    /// The value of a string; for a value of another kind, its JSON text.
    public let value: String
    /// Whether the value was written as a string.
    public let isText: Bool

    public init(key: String, value: String, isText: Bool = true) {
      (self.key, self.value, self.isText) = (key, value, isText)
    }
  }

  /// As the line has it; `nil` if it has none, or one that is not a time.
  public private(set) var time: LogTime?
  public private(set) var level: LogLevel?
  /// The program's name for itself: a driver's name in the log that it shares with its core.
  public private(set) var program: String?
  public private(set) var source: String?
  public private(set) var message: String?
  /// The rest, in the line's order.
  public private(set) var data: [Field] = []
  /// The line as written, without its line feed.
  public let raw: [UInt8]

  /// Whether the line has a known form. Otherwise only ``raw`` is set.
  public var isParsed: Bool { message != nil }

  /// Whether the line continues the one before it: an exception's message and its backtrace
  /// (`  from src/app.cr:1:1 in 'run'`) follow the line that logs it.
  public var isContinuation: Bool {
    guard !isParsed, let first = raw.first else { return false }
    let text = raw[...]
    return first == 0x09 || first == 0x20 || text.hasPrefix("from ") || text.hasPrefix("Caused by: ")
      || text.hasPrefix("Unhandled exception")
  }

  /// - Parameter line: one line of output, without its line feed.
  public init(parsing line: [UInt8]) {
    raw = line
    switch line.first {
    case UInt8(ascii: "{"): parse(json: line[...])
    case UInt8(ascii: "l"): parse(fields: line[...])
    case let digit? where (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(digit): parse(short: line[...])
    default: break
    }
  }

  /// A line that is not parsed.
  public init(unparsed line: [UInt8]) { raw = line }

  // MARK: JSON

  private mutating func parse(json line: ArraySlice<UInt8>) {
    guard let members = JSONLine(parsing: line)?.members,
      let message = members.first(where: { $0.key == "message" && $0.isText })?.value
    else { return }
    self.message = message
    for member in members {
      switch member.key {
      case "message": break
      case "time" where member.isText: time = LogTime(text: member.value)
      case "level" where member.isText: level = LogLevel(ofLine: member.value)
      case "program" where member.isText: program = member.value
      case "source" where member.isText: source = member.value.isEmpty ? nil : member.value
      default: data.append(Field(key: member.key, value: member.value, isText: member.isText))
      }
    }
  }

  // MARK: level=[I] time=… program=… source=… message="…" key=value

  private mutating func parse(fields line: ArraySlice<UInt8>) {
    var rest = line
    guard rest.take("level=["), let letter = rest.popFirst(), rest.take("] time="),
      let level = LogLevel(letter: letter), let time = LogTime(text: rest.takeWord())
    else { return }
    var (program, source): (String?, String?)
    if rest.take(" program=") { program = rest.takeWord() }
    if rest.take(" source=") { source = rest.takeWord() }
    guard rest.take(" message=\"") else { return }
    let (message, data) = Self.message(in: rest)
    (self.level, self.time, self.program, self.source) = (level, time, program, source)
    self.message = String(decoding: message, as: UTF8.self)
    self.data = data
  }

  /// How many quotation marks are tried as the end of a message.
  private static let limitQuotes = 32

  /// A message is written without escapes: it ends at the first quotation mark that only `key=value` follows,
  /// up to the end of the line.
  private static func message(in rest: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, [Field]) {
    var tried = 0
    var from = rest.startIndex
    while tried < limitQuotes, let quote = rest[from...].firstIndex(of: UInt8(ascii: "\"")) {
      if let fields = fields(in: rest[(quote + 1)...]) { return (rest[..<quote], fields) }
      tried += 1
      from = quote + 1
    }
    return (rest.last == UInt8(ascii: "\"") ? rest.dropLast() : rest, [])
  }

  /// ` key=value key="value"`; `nil` for anything else.
  private static func fields(in text: ArraySlice<UInt8>) -> [Field]? {
    var (rest, fields): (ArraySlice<UInt8>, [Field]) = (text, [])
    while !rest.isEmpty {
      guard rest.take(" ") else { return nil }
      let key = rest.prefix { isOfKey($0) }
      rest = rest[key.endIndex...]
      guard !key.isEmpty, rest.take("="), let (value, isText) = value(from: &rest, endingAt: 0x20)
      else { return nil }
      fields.append(Field(key: String(decoding: key, as: UTF8.self), value: value, isText: isText))
    }
    return fields
  }

  private static func isOfKey(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// A quoted text with escapes, or the text before the next byte `end`.
  private static func value(
    from rest: inout ArraySlice<UInt8>, endingAt end: UInt8
  ) -> (String, isText: Bool)? {
    guard rest.take("\"") else {
      let word = rest.prefix { $0 != end }
      rest = rest[word.endIndex...]
      let text = String(decoding: word, as: UTF8.self)
      return (text, isText: !["true", "false", "null"].contains(text) && Double(text) == nil)
    }
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return (String(decoding: bytes, as: UTF8.self), isText: true)
      case UInt8(ascii: "\\"):
        guard let next = rest.popFirst() else { return nil }
        bytes.append(next == UInt8(ascii: "n") ? 0x0A : next == UInt8(ascii: "t") ? 0x09 : next)
      default: bytes.append(byte)
      }
    }
    return nil
  }

  // MARK: 2026-11-25T03:47:16.123456Z  ERROR - source: message -- key: value

  private mutating func parse(short line: ArraySlice<UInt8>) {
    var rest = line
    guard let time = LogTime(text: rest.takeWord()) else { return }
    rest = rest.trimmingSpaces
    guard let level = LogLevel(ofLine: rest.takeWord()), rest.take(" - ") else { return }
    var source: String?
    let name = rest.prefix { Self.isOfKey($0) || $0 == UInt8(ascii: "*") }
    if !name.isEmpty, rest[name.endIndex...].hasPrefix(": ") {
      source = String(decoding: name, as: UTF8.self)
      rest = rest[(name.endIndex + 2)...]
    }
    var data: [Field] = []
    // Data and context each follow their own ` -- `, the last of the line.
    while let dashes = rest.lastRange(of: " -- "), let more = Self.pairs(in: rest[dashes.upperBound...]) {
      data = more + data
      rest = rest[..<dashes.lowerBound]
    }
    (self.time, self.level, self.source, self.data) = (time, level, source, data)
    message = String(decoding: rest, as: UTF8.self)
  }

  /// `key: "value", key: 1`; `nil` for anything else.
  private static func pairs(in text: ArraySlice<UInt8>) -> [Field]? {
    var (rest, fields): (ArraySlice<UInt8>, [Field]) = (text, [])
    repeat {
      let key = rest.prefix { isOfKey($0) }
      rest = rest[key.endIndex...]
      guard !key.isEmpty, rest.take(": "),
        let (value, isText) = value(from: &rest, endingAt: UInt8(ascii: ","))
      else { return nil }
      fields.append(Field(key: String(decoding: key, as: UTF8.self), value: value, isText: isText))
    } while rest.take(", ")
    return rest.isEmpty ? fields : nil
  }
}

extension LogLevel {
  /// As lines have it: `INFO`, `WARN`, in older versions of Crystal padded with spaces.
  fileprivate init?(ofLine word: String) {
    if let level = Self.written[word] {
      self = level
      return
    }
    self.init(named: String(decoding: Array(word.utf8)[...].trimmingSpaces, as: UTF8.self))
  }

  /// As today's services write them.
  private static let written = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.rawValue.uppercased(), $0) })

  /// As the line format has it: the first letter.
  fileprivate init?(letter: UInt8) {
    switch letter {
    case UInt8(ascii: "T"): self = .trace
    case UInt8(ascii: "D"): self = .debug
    case UInt8(ascii: "I"): self = .info
    case UInt8(ascii: "N"): self = .notice
    case UInt8(ascii: "W"): self = .warn
    case UInt8(ascii: "E"): self = .error
    case UInt8(ascii: "F"): self = .fatal
    default: return nil
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func hasPrefix(_ word: StaticString) -> Bool { word.withUTF8Buffer { starts(with: $0) } }

  fileprivate mutating func take(_ word: StaticString) -> Bool {
    guard hasPrefix(word) else { return false }
    self = dropFirst(word.utf8CodeUnitCount)
    return true
  }

  /// The text before the next space.
  fileprivate mutating func takeWord() -> String {
    let word = prefix { $0 > 0x20 }
    self = self[word.endIndex...]
    return String(decoding: word, as: UTF8.self)
  }

  fileprivate func lastRange(of word: StaticString) -> Range<Int>? {
    let length = word.utf8CodeUnitCount
    var start = endIndex - length
    while start >= startIndex {
      if self[start...].hasPrefix(word) { return start..<(start + length) }
      start -= 1
    }
    return nil
  }
}
