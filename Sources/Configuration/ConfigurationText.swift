import PlaceOS
import Text

/// The configuration as its file has it.
struct ConfigurationText: Decodable {
  let configuration: Configuration

  private enum Key: String, CodingKey, CaseIterable {
    case defaultFor = "default_for"
    case longestFor = "longest_for"
    case `guard`, services
  }

  /// A year: what is to last longer is what `--permanent` is for.
  private static let limitNs: Int64 = 8760 * 3_600_000_000_000

  init(from decoder: any Decoder) throws {
    let keys = try KnownKeys(decoder, Key.self)
    func duration(_ key: Key, upTo limitNs: Int64, _ limit: String) throws -> Int64? {
      try keys.value(
        key, expected: "a duration such as \"90s\", \"30m\" or \"1h30m\", above 0 and \(limit) at most"
      ) { (text: String) in
        DurationText(parsing: text).flatMap { (1...limitNs).contains($0.ns) ? $0.ns : nil }
      }
    }
    let longest = try duration(.longestFor, upTo: Self.limitNs, "8760h")
    let longestNs = longest ?? Configuration.standardLongestForNs
    let standard = try duration(
      .defaultFor, upTo: longestNs, longest == nil ? "24h (longest_for)" : "longest_for")
    let services = try keys.value(.services, expected: "a list of services: [{ … }]") {
      (services: [AdditionText]) in services
    }
    configuration = Configuration(
      defaultForNs: standard ?? min(Configuration.standardForNs, longestNs), longestForNs: longestNs,
      guardLimits: try keys.value(.guard, expected: "an object: { … }") { (text: GuardText) in
        text.limits
      } ?? GuardLimits(),
      additions: try AdditionText.consistent(services ?? []))
  }
}

/// The guard's limits as the file has them.
private struct GuardText: Decodable {
  let limits: GuardLimits

  private enum Key: String, CodingKey, CaseIterable {
    case freePercent = "free_percent"
    case freeBytes = "free_bytes"
    case writeBytesPerSecond = "write_bytes_per_second"
    case writeSeconds = "write_seconds"
  }

  init(from decoder: any Decoder) throws {
    let keys = try KnownKeys(decoder, Key.self)
    func number(_ key: Key, upTo limit: UInt64) throws -> UInt64? {
      try keys.value(key, expected: "a whole number from 0 (off) to \(limit), without quotation marks") {
        (number: UInt64) in number <= limit ? number : nil
      }
    }
    var limits = GuardLimits()
    if let percent = try number(.freePercent, upTo: 99) { limits.freePercent = Int(percent) }
    // 2^53: a greater one is not the same number everywhere.
    if let bytes = try number(.freeBytes, upTo: 1 << 53) { limits.freeBytes = bytes }
    if let bytes = try number(.writeBytesPerSecond, upTo: 1 << 53) { limits.writeBytesPerSecond = bytes }
    if let seconds = try number(.writeSeconds, upTo: 3600) { limits.writeSeconds = Int(seconds) }
    self.limits = limits
  }
}
