/// A span of time as people write it: `90s`, `30m`, `2h`, `1h30m`, `7d`.
public struct DurationText: Hashable, Sendable, CustomStringConvertible {
  public let span: Duration

  public init(_ span: Duration) { self.span = span }

  /// Parses one or more numbers with units `d`, `h`, `m`, `s` or `ms`, each unit once and in that order.
  ///
  /// - Returns: `nil` for anything else, and for a span that does not fit 64 bits of nanoseconds.
  public init?(parsing text: String) {
    let units: [(name: String, ns: Int64)] = [
      ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
      ("ms", 1_000_000),
    ]
    var rest = Substring(text)
    var total: Int64 = 0
    var next = 0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let number = Int64(digits), let index = units.firstIndex(where: { $0.name == unit }),
        index >= next
      else { return nil }
      let (part, overflow) = number.multipliedReportingOverflow(by: units[index].ns)
      let (sum, carry) = total.addingReportingOverflow(part)
      guard !overflow, !carry else { return nil }
      total = sum
      next = index + 1
    }
    guard next > 0 else { return nil }
    span = .nanoseconds(total)
  }

  /// As it would be typed, and exactly: `1h30m`, `24h`, `250ms`.
  public var word: String {
    var rest = max(0, span.nanoseconds / 1_000_000)
    var word = ""
    for (size, unit) in [(3_600_000 as Int64, "h"), (60_000, "m"), (1000, "s"), (1, "ms")] where rest >= size
    {
      word += "\(rest / size)\(unit)"
      rest %= size
    }
    return word.isEmpty ? "0s" : word
  }

  /// The two largest units: `59m 12s`, `2h`, `3d 4h`; under a second `0s`.
  public var description: String {
    var seconds = max(0, span.components.seconds)
    var parts: [String] = []
    for (size, unit) in [(86_400 as Int64, "d"), (3600, "h"), (60, "m"), (1, "s")] {
      if seconds >= size, parts.count < 2 {
        parts.append("\(seconds / size)\(unit)")
        seconds %= size
      } else if !parts.isEmpty {
        break
      }
    }
    return parts.isEmpty ? "0s" : parts.joined(separator: " ")
  }
}
