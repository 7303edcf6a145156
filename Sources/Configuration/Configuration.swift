import PlaceOS

/// What the administrator of a host has decided: when debug mode ends, where it does harm, and what else is
/// in the catalogue.
public struct Configuration: Hashable, Sendable {
  /// How long debug mode lasts by default.
  public var defaultFor: Duration
  /// The longest that `--for` takes.
  public var longestFor: Duration
  public var guardLimits: GuardLimits
  public var additions: [ServiceAddition]

  public init(
    defaultFor: Duration = standardFor, longestFor: Duration = standardLongestFor,
    guardLimits: GuardLimits = GuardLimits(), additions: [ServiceAddition] = []
  ) {
    self.defaultFor = defaultFor
    self.longestFor = longestFor
    self.guardLimits = guardLimits
    self.additions = additions
  }

  /// The defaults.
  public static let standard = Configuration()

  public static let standardFor = Duration.seconds(3600)
  public static let standardLongestFor = Duration.seconds(24 * 3600)

  /// PlaceOS's catalogue with the additions.
  public var catalogue: Catalogue { .placeOS.adding(additions) }
}
