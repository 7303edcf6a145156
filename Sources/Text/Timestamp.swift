/// A moment in UTC to the millisecond, in the form of RFC 3339: `2026-11-22T12:39:44.012Z`.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Milliseconds after the epoch.
  public let wallMs: Int64

  /// Anything below a millisecond is cut off.
  public init(_ moment: WallTime) { wallMs = Self.floor(moment.nanoseconds, 1_000_000).quotient }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.wallMs < right.wallMs }

  public var description: String {
    let (seconds, milliseconds) = Self.floor(wallMs, 1000)
    let (days, secondOfDay) = Self.floor(seconds, 86_400)
    // Counted from 1 March of year 0, so that a leap day is the last of its year; 146,097 days are
    // 400 years of the Gregorian calendar.
    let (era, dayOfEra) = Self.floor(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // 153 days are the five months from March to July, and from August to December.
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    // Every followed line comes through here.
    let parts: [(Int64, Int, Character)] = [
      (year, 4, "-"), (month, 2, "-"), (day, 2, "T"), (secondOfDay / 3600, 2, ":"),
      (secondOfDay / 60 % 60, 2, ":"), (secondOfDay % 60, 2, "."), (milliseconds, 3, "Z"),
    ]
    var text = ""
    text.reserveCapacity(24)
    for (value, width, mark) in parts {
      var limit: Int64 = width == 4 ? 1000 : width == 3 ? 100 : 10
      // Leading zeros.
      while limit > value, limit > 1 {
        text += "0"
        limit /= 10
      }
      text += String(value)
      text.append(mark)
    }
    return text
  }

  /// The same without the date: `12:39:44.012Z`.
  public var timeOfDay: String {
    let ms = Self.floor(wallMs, 86_400_000).remainder
    let digits = [
      ms / 36_000_000, ms / 3_600_000 % 10, -1, ms / 600_000 % 6, ms / 60_000 % 10, -1, ms / 10_000 % 6,
      ms / 1000 % 10, -2, ms / 100 % 10, ms / 10 % 10, ms % 10,
    ]
    return String(unsafeUninitializedCapacity: 13) { buffer in
      for (index, digit) in digits.enumerated() {
        let mark = digit == -1 ? UInt8(ascii: ":") : UInt8(ascii: ".")
        buffer[index] = digit < 0 ? mark : UInt8(ascii: "0") + UInt8(digit)
      }
      buffer[12] = UInt8(ascii: "Z")
      return 13
    }
  }

  /// Reads exactly what `description` writes; `nil` for anything else, or a date that does not exist.
  public init?(parsing text: some Sequence<UInt8>) {
    let bytes = Array(text)
    guard bytes.count == 24 else { return nil }
    for (index, mark) in [4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: ".", 23: "Z"] {
      guard bytes[index] == mark.utf8.first else { return nil }
    }
    func number(_ range: Range<Int>) -> Int64? {
      bytes[range].reduce(Int64?(0)) { value, byte in
        guard let value, (48...57).contains(byte) else { return nil }
        return value * 10 + Int64(byte - 48)
      }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let milliseconds = number(20..<23),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = Self.floor(shifted, 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days =
      era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    wallMs = seconds * 1000 + milliseconds
    // 31 April would have become 1 May.
    guard description.utf8.elementsEqual(bytes) else { return nil }
  }

  private static func floor(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension Timestamp: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    guard let timestamp = Timestamp(parsing: try value.decode(String.self).utf8) else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "no RFC 3339 time in UTC")
    }
    self = timestamp
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(description)
  }
}
