/// A moment on one of the machine's clocks, to the nanosecond.
///
/// Arithmetic stops at the first and the last moment there is: the numbers come from files that others write.
public protocol Moment: InstantProtocol, Codable where Duration == Swift.Duration {
  /// After the clock's zero.
  var nanoseconds: Int64 { get }
  init(nanoseconds: Int64)
}

extension Moment {
  /// Before everything that has happened.
  @inlinable public static var distantPast: Self { Self(nanoseconds: .min) }
  /// After everything that will happen.
  @inlinable public static var distantFuture: Self { Self(nanoseconds: .max) }

  // Every line of a log comes through here.
  @inlinable public static func < (one: Self, other: Self) -> Bool { one.nanoseconds < other.nanoseconds }

  public func advanced(by span: Duration) -> Self {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(span.nanoseconds)
    return overflow ? (span < .zero ? .distantPast : .distantFuture) : Self(nanoseconds: sum)
  }

  public func duration(to other: Self) -> Duration {
    .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
  }

  public static func + (moment: Self, span: Duration) -> Self { moment.advanced(by: span) }
  public static func - (moment: Self, span: Duration) -> Self { moment.advanced(by: .zero - span) }
  public static func - (moment: Self, other: Self) -> Duration { other.duration(to: moment) }

  public init(from decoder: any Decoder) throws {
    self.init(nanoseconds: try decoder.singleValueContainer().decode(Int64.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(nanoseconds)
  }
}
