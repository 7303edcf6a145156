/// A moment on the wall clock: nanoseconds after the epoch, UTC.
public struct WallTime: Moment {
  public let nanoseconds: Int64

  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
}
