/// What is wrong in the text of a configuration, and where.
public struct ConfigurationFlaw: Error, Hashable, Sendable {
  /// Counted from 1.
  public let line: Int
  /// Such as `services[0].name`; empty for the text as a whole.
  public let key: String
  /// What was expected there.
  public let expected: String

  public init(line: Int, key: String, expected: String) {
    self.line = line
    self.key = key
    self.expected = expected
  }
}
