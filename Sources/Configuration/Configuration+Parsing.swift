import PlaceOS
import Text

extension Configuration {
  /// The longest a configuration can be, bytes.
  static let limitBytes = 1 << 20

  /// A year: anything longer is for `--permanent`.
  private static let limit = Duration.seconds(8760 * 3600)

  /// Parses the text of a configuration: one object in JSON5, with every key optional.
  ///
  /// ```
  /// {
  ///   default_for: "30m", longest_for: "8h",
  ///   guard: {free_percent: 10, free_bytes: 2147483648, write_bytes_per_second: 50000000, write_seconds: 10},
  ///   services: [{name: "booking", executables: ["/opt/acme/booking"], images: [], dialect: "toggle"}],
  /// }
  /// ```
  public init(parsing bytes: [UInt8]) throws(ConfigurationFlaw) {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let text = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    if let line = Self.lineNotInUTF8(text) {
      throw ConfigurationFlaw(line: line, key: "", expected: "text in UTF-8")
    }
    let keys = try JSON5Value(parsing: text).object(
      of: ["default_for", "longest_for", "guard", "services"])
    let longest = try keys.duration("longest_for", upTo: Self.limit, "8760h")
    let longestFor = longest ?? Self.standardLongestFor
    let standard = try keys.duration(
      "default_for", upTo: longestFor, longest == nil ? "24h (longest_for)" : "longest_for")
    self.init(
      defaultFor: standard ?? min(Self.standardFor, longestFor), longestFor: longestFor,
      guardLimits: try keys.members["guard"].map(GuardLimits.init) ?? GuardLimits(),
      additions: try keys.members["services"].map(ServiceAddition.list) ?? [])
  }

  /// The first line that is not UTF-8.
  private static func lineNotInUTF8(_ text: [UInt8]) -> Int? {
    guard String(validating: text, as: UTF8.self) == nil else { return nil }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
  }
}

extension JSON5Object {
  fileprivate func duration(
    _ key: String, upTo limit: Duration, _ word: String
  ) throws(ConfigurationFlaw) -> Duration? {
    try value(
      key, expected: "a duration such as \"90s\", \"30m\" or \"1h30m\", above 0 and \(word) at most"
    ) { value in
      guard let span = value.string.flatMap({ DurationText(parsing: $0)?.span }) else { return nil }
      return span > .zero && span <= limit ? span : nil
    }
  }

  fileprivate func number(_ key: String, upTo limit: UInt64) throws(ConfigurationFlaw) -> UInt64? {
    try value(key, expected: "a whole number from 0 (off) to \(limit), without quotation marks") { value in
      value.wholeNumber.flatMap { $0 <= limit ? $0 : nil }
    }
  }
}

extension GuardLimits {
  fileprivate init(_ value: JSON5Value) throws(ConfigurationFlaw) {
    let keys = try value.object(
      of: ["free_percent", "free_bytes", "write_bytes_per_second", "write_seconds"])
    self.init()
    if let percent = try keys.number("free_percent", upTo: 99) { freePercent = Int(percent) }
    // 2^53: a greater number is not the same everywhere.
    if let bytes = try keys.number("free_bytes", upTo: 1 << 53) { freeBytes = bytes }
    if let bytes = try keys.number("write_bytes_per_second", upTo: 1 << 53) { writeBytesPerSecond = bytes }
    if let seconds = try keys.number("write_seconds", upTo: 3600) { writeSeconds = Int(seconds) }
  }
}
