import Text

// In a test a moment can be written as a number of nanoseconds.

extension WallTime: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(nanoseconds: value) }
}
