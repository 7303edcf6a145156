import CLinux
import Glibc
import Text

/// One reading of this machine's clocks. A reading is a value: decisions take it as an argument.
public struct HostClock: Hashable, Sendable {
  /// Nanoseconds since boot, suspended time included (`CLOCK_BOOTTIME`, clock_gettime(2)).
  /// No change of the wall clock moves it.
  public let boottimeNs: Int64
  /// `CLOCK_REALTIME`; only for display.
  public let wall: WallTime

  public init(boottimeNs: Int64, wall: WallTime) {
    self.boottimeNs = boottimeNs
    self.wall = wall
  }

  /// Reads the clocks now.
  public static func now() -> HostClock {
    var wall = timespec()
    clock_gettime(CLOCK_REALTIME, &wall)
    return HostClock(
      boottimeNs: clinux_boottime_ns(),
      wall: WallTime(nanoseconds: Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec)))
  }

  /// How long ago a moment on the boot-time clock was.
  public func age(ofBoottimeNs moment: Int64) -> Duration { .nanoseconds(boottimeNs &- moment) }

  /// The wall time of a moment on the boot-time clock, by this reading of both.
  public func wall(atBoottimeNs moment: Int64) -> WallTime { wall - age(ofBoottimeNs: moment) }
}
