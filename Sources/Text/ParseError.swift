/// Bytes that do not have the form their parser expects.
public struct ParseError: Error, Hashable, Sendable {
  public let reason: String
  public init(_ reason: String) { self.reason = reason }
}
