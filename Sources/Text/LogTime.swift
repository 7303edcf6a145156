/// A moment as logs write it, RFC 3339: `2026-11-22T12:39:44.012345678Z`, `2026-11-22T13:39:44+01:00`.
public struct LogTime: Hashable, Sendable {
  public let wall: WallTime
  /// The value of one unit of the last digit: the moment is less than this after `wall`.
  public let step: Duration

  public init(wall: WallTime, step: Duration) {
    self.wall = wall
    self.step = step
  }

  /// See ``init(parsing:)``.
  public init?(text: String) {
    var text = text
    guard let time = text.withUTF8({ LogTime(parsing: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = time
  }

  /// - Returns: `nil` for anything else, and for years before 1970 or after 2199.
  public init?(parsing bytes: UnsafeRawBufferPointer) {
    // Every line of a log comes through here.
    guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let year = Self.number(bytes, 0, 4), (1970...2199).contains(year),
      let month = Self.number(bytes, 5, 2), (1...12).contains(month),
      let day = Self.number(bytes, 8, 2), (1...31).contains(day),
      let hour = Self.number(bytes, 11, 2), hour <= 23,
      let minute = Self.number(bytes, 14, 2), minute <= 59,
      let second = Self.number(bytes, 17, 2), second <= 60
    else { return nil }
    var offset = 19
    var (fraction, step): (Int64, Int64) = (0, 1_000_000_000)
    if bytes[offset] == UInt8(ascii: ".") {
      offset += 1
      while offset < bytes.count, let digit = Self.number(bytes, offset, 1) {
        guard step > 1 else { return nil }
        step /= 10
        fraction += digit * step
        offset += 1
      }
      guard step < 1_000_000_000 else { return nil }
    }
    guard offset < bytes.count else { return nil }
    var offsetMinutes: Int64 = 0
    switch bytes[offset] {
    case UInt8(ascii: "Z"):
      guard offset == bytes.count - 1 else { return nil }
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard offset == bytes.count - 6, bytes[offset + 3] == UInt8(ascii: ":"),
        let hours = Self.number(bytes, offset + 1, 2), hours <= 23,
        let minutes = Self.number(bytes, offset + 4, 2), minutes <= 59
      else { return nil }
      offsetMinutes = (hours * 60 + minutes) * (bytes[offset] == UInt8(ascii: "+") ? 1 : -1)
    default: return nil
    }
    let days = Self.days(year, month, day)
    let seconds = (days * 24 + hour) * 3600 + (minute - offsetMinutes) * 60 + second
    self.init(wall: WallTime(nanoseconds: seconds * 1_000_000_000 + fraction), step: .nanoseconds(step))
  }

  /// The first time in the first 256 bytes of a line, in whatever format the line is.
  ///
  /// - Returns: `nil` if there is none.
  public init?(firstIn line: ArraySlice<UInt8>) {
    let found = line.prefix(256).withUnsafeBytes { raw -> LogTime? in
      var start = 0
      while start + 20 <= raw.count {
        if raw[start] == UInt8(ascii: "2"), raw[start + 4] == UInt8(ascii: "-"),
          raw[start + 10] == UInt8(ascii: "T")
        {
          let rest = raw[start...].prefix {
            $0 != 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ",")
          }
          if let time = LogTime(parsing: UnsafeRawBufferPointer(rebasing: rest)) { return time }
        }
        start += 1
      }
      return nil
    }
    guard let found else { return nil }
    self = found
  }

  /// The decimal number of `count` digits at `offset`; the caller has checked the length.
  private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> Int64? {
    var value: Int64 = 0
    for index in offset..<(offset + count) {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }

  /// Days after 1970-01-01. Years are counted from March, so that a leap day comes last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let years = month > 2 ? year : year - 1
    let months = (month + 9) % 12
    return years * 365 + years / 4 - years / 100 + years / 400 + (months * 306 + 5) / 10 + day - 719_469
  }
}
