import Text

/// One line of a process's own output that reports a change of its log level.
///
/// ```
/// level=[I] time=2026-11-22T12:39:44Z program=dispatch source=place_os.log_backend \
///   message="default log level changed to Trace"
/// {"level":"INFO","program":"dispatch","time":"2026-11-22T12:39:44Z","source":"place_os.log_backend",\
///   "message":"default log level changed to Trace"}
/// level=[I] time=2026-11-22T12:39:44Z program=drv-trivial message="> Log level changed to Trace"
///  > Log level changed to Debug
/// ```
/// (The first two are one line each.) The line must have that form from its first byte to its last: services
/// log what their clients send, and in the line format they do so without escapes. The line that follows the
/// first of these, about the service's own namespaces, does not count: out of debug mode it may say `Debug`
/// as well as `Info`.
public struct LevelLine: Hashable, Sendable {
  public enum Origin: Hashable, Sendable {
    /// placeos-log-backend, in a service; the same for the latch and the toggle dialect.
    case service
    /// placeos-driver.
    case driver
    /// A service's own handler, from before placeos-log-backend had one. It gives no time and no program.
    case olderHandler
  }

  public let origin: Origin
  /// The level it was changed to.
  public let level: LogLevel
  /// The program's name for itself in its log; `nil` if the line has none.
  public let program: String?
  /// Whether a client of the service could have caused the line: what clients send is logged without escapes,
  /// line feeds included, unless the log is in JSON.
  public let isForgeable: Bool

  /// Bytes that every line of this kind holds, in either format, escaped once more or not: a line without
  /// them need not be parsed. They begin with an infrequent letter.
  public static let mark = Array("vel changed to ".utf8)

  /// The longest such a line can be, bytes.
  private static let limitBytes = 2048

  /// - Parameter line: one line of output, without its line feed.
  /// - Returns: `nil` for any other line.
  public init?(parsing line: [UInt8]) {
    guard line.count <= Self.limitBytes else { return nil }
    if let whole = Self(whole: line[...]) {
      self = whole
    } else if let start = Self.lastStart(in: line), let whole = Self(whole: line[start...]) {
      self = whole
    } else {
      return nil
    }
  }

  private init?(whole line: ArraySlice<UInt8>) {
    switch line.first {
    case UInt8(ascii: "{"): self.init(json: line)
    case UInt8(ascii: "l"): self.init(fields: line)
    case UInt8(ascii: " "): self.init(bare: line)
    default: return nil
    }
  }

  /// Where a JSON line begins that follows the remains of a torn one. No JSON text can contain such a start:
  /// its quotation marks are escaped. In the line format a client's text could.
  private static func lastStart(in line: [UInt8]) -> Int? {
    guard line.first == UInt8(ascii: "{") else { return nil }
    let start = line.withUnsafeBytes { bytes in
      bytes.indices.dropFirst().last { starts(bytes, with: "{\"level\":\"", at: $0) }
    }
    // After a complete one, nobody knows what it is.
    guard let start, JSONLine(parsing: line[..<start]) == nil else { return nil }
    return start
  }

  private init?(json line: ArraySlice<UInt8>) {
    // A client can get many lines with the mark logged; few of them get further than this.
    guard Self.messageStarts.contains(where: { Self.holds(line, $0) }),
      let fields = JSONLine(parsing: line)?.strings, let message = fields["message"],
      let severity = fields["level"], let time = fields["time"], Self.isTime(time.utf8)
    else { return nil }
    // Older versions of Crystal pad the name of the level.
    guard severity.drop(while: { $0 == " " }) == "INFO" else { return nil }
    self.init(
      source: fields["source"] ?? "", message: message[...], program: fields["program"], isForgeable: false)
  }

  private init?(fields line: ArraySlice<UInt8>) {
    var rest = line
    guard Self.take("level=[I] time=", from: &rest), Self.isTime(Self.takeWord(from: &rest))
    else { return nil }
    var program: String?
    if Self.take(" program=", from: &rest) {
      guard let name = String(validating: Self.takeWord(from: &rest), as: UTF8.self), !name.isEmpty
      else { return nil }
      program = name
    }
    var source = ""
    if Self.take(" source=", from: &rest) {
      guard let name = String(validating: Self.takeWord(from: &rest), as: UTF8.self) else { return nil }
      source = name
    }
    guard Self.take(" message=\"", from: &rest), rest.last == UInt8(ascii: "\""),
      let message = String(validating: rest.dropLast(), as: UTF8.self)
    else { return nil }
    self.init(source: source, message: message[...], program: program, isForgeable: true)
  }

  private init?(bare line: ArraySlice<UInt8>) {
    var rest = line
    guard Self.take(" > Log level changed to ", from: &rest),
      let name = String(validating: rest, as: UTF8.self)
    else { return nil }
    // The oldest wrote the names in capitals.
    guard
      let level = LogLevel(asPrinted: name)
        ?? LogLevel.allCases.first(where: {
          $0.rawValue.uppercased() == name
        })
    else { return nil }
    (origin, self.level, program, isForgeable) = (.olderHandler, level, nil, true)
  }

  private init?(source: String, message: Substring, program: String?, isForgeable: Bool) {
    let origin: Origin
    let start: String
    switch source {
    case "place_os.log_backend": (origin, start) = (.service, "default log level changed to ")
    case "": (origin, start) = (.driver, "> Log level changed to ")
    default: return nil
    }
    guard message.hasPrefix(start), let level = LogLevel(asPrinted: String(message.dropFirst(start.count)))
    else { return nil }
    (self.origin, self.level, self.program, self.isForgeable) = (origin, level, program, isForgeable)
  }

  /// As Crystal writes them: without spaces or needless escapes.
  private static let messageStarts: [StaticString] = [
    "\"message\":\"default log level changed to ", "\"message\":\"> Log level changed to ",
  ]

  private static func holds(_ line: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    return line.withUnsafeBytes { line in
      guard line.count >= count else { return false }
      for offset in 0...(line.count - count)
      where line[offset] == word.utf8Start[0] && line[offset + 1] == word.utf8Start[1] {
        if starts(line, with: word, at: offset) { return true }
      }
      return false
    }
  }

  private static func take(_ word: StaticString, from rest: inout ArraySlice<UInt8>) -> Bool {
    guard word.withUTF8Buffer({ rest.starts(with: $0) }) else { return false }
    rest = rest.dropFirst(word.utf8CodeUnitCount)
    return true
  }

  /// The text before the next space.
  private static func takeWord(from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let word = rest.prefix { $0 > 0x20 && $0 != UInt8(ascii: "\"") }
    rest = rest[word.endIndex...]
    return word
  }

  private static func isTime(_ bytes: some Collection<UInt8>) -> Bool {
    let others: Set<UInt8> = Set("T:.Z+-".utf8)
    return (20...40).contains(bytes.count)
      && bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || others.contains($0) }
  }
}

extension LevelLine {
  /// Whether a process of this kind is in debug mode after it wrote `lines`; `nil` if they do not tell.
  ///
  /// Two forms need more than the last line:
  /// - `Debug`, from older handlers and drivers, means debug mode if they go back to `Info`, and going back
  ///   if debug mode is `Trace`. An earlier line tells which.
  /// - A driver that goes to `Error` logs the change before it makes it, and so does not log the way out of
  ///   `Error`: its last line is then always `Error`, whatever its level. Only a line `Trace` before it shows
  ///   that this driver's log holds both.
  ///
  /// - Parameter lines: those since the process started, or the last of them, oldest first.
  public static func debug(after lines: some Sequence<LevelLine>, of kind: Service.Kind) -> Bool? {
    var debug: Bool?
    var sawTrace = false
    var sawQuiet = false
    for line in lines where line.isOf(kind) {
      switch (line.origin, line.level) {
      case (_, .trace): (debug, sawTrace) = (true, true)
      case (.service, _): debug = false
      case (_, .debug): debug = sawTrace ? false : sawQuiet ? true : nil
      case (.driver, .error): debug = sawTrace ? false : nil
      default: (debug, sawQuiet) = (false, true)
      }
    }
    return debug
  }

  /// Whether a process of this kind writes such lines.
  public func isOf(_ kind: Service.Kind) -> Bool { (kind == .driver) == (origin == .driver) }

  /// When a line of a service's output was written, as text in the form of RFC 3339, whatever the line says;
  /// `nil` if it has no time where PlaceOS's loggers put it.
  public static func time(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let fieldStart: StaticString = "level=["
    if starts(line, with: fieldStart, at: 0), starts(line, with: "] time=", at: 8) {
      let rest = line.dropFirst(15)
      return UnsafeRawBufferPointer(rebasing: rest.prefix { $0 > 0x20 })
    }
    guard line.first == UInt8(ascii: "{") else { return nil }
    // After the level and the program; further on, other text begins.
    for offset in 1..<min(line.count, 256) where starts(line, with: "\"time\":\"", at: offset) {
      let before = line[offset - 1]
      guard before == UInt8(ascii: "{") || before == UInt8(ascii: ",") else { continue }
      let rest = line.dropFirst(offset + 8)
      return UnsafeRawBufferPointer(rebasing: rest.prefix { $0 != UInt8(ascii: "\"") })
    }
    return nil
  }

  private static func starts(
    _ line: UnsafeRawBufferPointer, with word: StaticString, at offset: Int
  ) -> Bool {
    let count = word.utf8CodeUnitCount
    guard line.count - offset >= count else { return false }
    for index in 0..<count where line[offset + index] != word.utf8Start[index] { return false }
    return true
  }
}

extension LogLevel {
  /// A level's name as Crystal prints it: `Trace`.
  fileprivate init?(asPrinted name: String) {
    guard let level = LogLevel(rawValue: name.lowercased()) else { return nil }
    let rest = level.rawValue.dropFirst()
    guard name == level.rawValue.prefix(1).uppercased() + rest else { return nil }
    self = level
  }
}
