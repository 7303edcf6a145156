/// A moment as logs write it, RFC 3339: `2026-11-22T12:39:44.012345678Z`, `2026-11-22T13:39:44+01:00`.
public struct LogTime: Hashable, Sendable {
  /// Nanoseconds after the epoch.
  public let wallNs: Int64
  /// What the last digit stands for, nanoseconds: the moment is less than this after `wallNs`.
  public let stepNs: Int64

  public init(wallNs: Int64, stepNs: Int64) {
    self.wallNs = wallNs
    self.stepNs = stepNs
  }

  /// - Returns: `nil` for anything else, and for years before 1970 or after 2199.
  public init?(parsing bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    func digits(_ count: Int, _ range: ClosedRange<Int64>) -> Int64? {
      guard rest.count >= count, let value = Int64(ascii: rest.prefix(count)), range.contains(value)
      else { return nil }
      rest = rest.dropFirst(count)
      return value
    }
    func take(_ scalar: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: scalar) else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = digits(4, 1970...2199), take("-"), let month = digits(2, 1...12), take("-"),
      let day = digits(2, 1...31), take("T"), let hour = digits(2, 0...23), take(":"),
      let minute = digits(2, 0...59), take(":"), let second = digits(2, 0...60)
    else { return nil }
    var (fraction, step): (Int64, Int64) = (0, 1_000_000_000)
    if take(".") {
      let part = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let value = Int64(ascii: part), part.count <= 9 else { return nil }
      for _ in 0..<part.count { step /= 10 }
      fraction = value * step
      rest = rest.dropFirst(part.count)
    }
    var offsetMinutes: Int64 = 0
    if !take("Z") {
      let isEast = take("+")
      guard isEast || take("-"), let hours = digits(2, 0...23), take(":"), let minutes = digits(2, 0...59)
      else { return nil }
      offsetMinutes = (hours * 60 + minutes) * (isEast ? 1 : -1)
    }
    guard rest.isEmpty else { return nil }
    let days = Self.days(year, month, day)
    let seconds = (days * 24 + hour) * 3600 + (minute - offsetMinutes) * 60 + second
    self.init(wallNs: seconds * 1_000_000_000 + fraction, stepNs: step)
  }

  /// Days after 1970-01-01. Years are counted from March, so that a leap day comes last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let years = month > 2 ? year : year - 1
    let months = (month + 9) % 12
    return years * 365 + years / 4 - years / 100 + years / 400 + (months * 306 + 5) / 10 + day - 719_469
  }
}
