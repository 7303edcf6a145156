/// Where debug mode does harm and should end early; 0 switches a limit off.
public struct GuardLimits: Hashable, Sendable {
  /// How much of a file system with logs must be left, in percent of its size.
  public var freePercent: Int
  /// How much of it must be left, in bytes.
  public var freeBytes: UInt64
  /// How much a service in debug mode may write, in bytes a second, as the mean over ``writeSeconds``.
  public var writeBytesPerSecond: UInt64
  /// Over how many seconds ``writeBytesPerSecond`` is measured.
  public var writeSeconds: Int

  public init(
    freePercent: Int = 10, freeBytes: UInt64 = 2_147_483_648, writeBytesPerSecond: UInt64 = 50_000_000,
    writeSeconds: Int = 10
  ) {
    self.freePercent = freePercent
    self.freeBytes = freeBytes
    self.writeBytesPerSecond = writeBytesPerSecond
    self.writeSeconds = writeSeconds
  }
}
