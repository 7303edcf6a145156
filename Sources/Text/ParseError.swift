/// Bytes that do not have the form which their parser was written for.
public struct ParseError: Error, Hashable, Sendable {
  public let reason: String
  public init(_ reason: String) { self.reason = reason }
}
