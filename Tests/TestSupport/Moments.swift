import Processes
import Text

// In a test a moment can be written as a number of nanoseconds.

extension WallTime: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(nanoseconds: value) }
}

extension BootTime: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(nanoseconds: value) }
}

/// When the machine was started.
public let boot: BootTime = 0

public func * (count: Int, span: Duration) -> Duration { span * count }
