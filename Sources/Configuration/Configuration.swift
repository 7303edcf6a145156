import PlaceOS

/// What the administrator of a host has decided: when debug mode ends, where it does harm, and what else is
/// in the catalogue.
public struct Configuration: Hashable, Sendable {
  /// How long debug mode lasts by default, nanoseconds.
  public var defaultForNs: Int64
  /// The longest that `--for` takes, nanoseconds.
  public var longestForNs: Int64
  public var guardLimits: GuardLimits
  public var additions: [ServiceAddition]

  public init(
    defaultForNs: Int64 = standardForNs, longestForNs: Int64 = standardLongestForNs,
    guardLimits: GuardLimits = GuardLimits(), additions: [ServiceAddition] = []
  ) {
    self.defaultForNs = defaultForNs
    self.longestForNs = longestForNs
    self.guardLimits = guardLimits
    self.additions = additions
  }

  /// The defaults.
  public static let standard = Configuration()

  public static let standardForNs: Int64 = 3_600_000_000_000
  public static let standardLongestForNs: Int64 = 24 * 3_600_000_000_000

  /// PlaceOS's catalogue with the additions.
  public var catalogue: Catalogue { .placeOS.adding(additions) }
}
