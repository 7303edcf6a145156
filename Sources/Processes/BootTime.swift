import CLinux
import Glibc
import Text

/// A moment on the clock that counts since boot, suspended time included (`CLOCK_BOOTTIME`, clock_gettime(2)). No
/// change of the wall clock moves it.
public struct BootTime: Moment {
  public let nanoseconds: Int64

  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Reads the clock now.
  public static func now() -> BootTime { BootTime(nanoseconds: clinux_boottime_ns()) }

  /// - Parameter ticks: clock ticks after boot.
  init(ticks: UInt64) { self.init(nanoseconds: Int64(clamping: ticks) &* Self.nsPerTick) }

  private static let nsPerTick = 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
}
