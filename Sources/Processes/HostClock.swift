import Glibc
import Text

/// One reading of this machine's clocks. A reading is a value: decisions take it as an argument.
public struct HostClock: Hashable, Sendable {
  public let boottime: BootTime
  /// `CLOCK_REALTIME`; only for display.
  public let wall: WallTime

  public init(boottime: BootTime, wall: WallTime) {
    self.boottime = boottime
    self.wall = wall
  }

  /// Reads the clocks now.
  public static func now() -> HostClock {
    var wall = timespec()
    clock_gettime(CLOCK_REALTIME, &wall)
    return HostClock(
      boottime: .now(),
      wall: WallTime(nanoseconds: Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec)))
  }

  /// How long ago a moment was.
  public func age(of moment: BootTime) -> Duration { boottime - moment }

  /// The wall time of a moment, by this reading of both clocks.
  public func wall(at moment: BootTime) -> WallTime { wall - age(of: moment) }
}
