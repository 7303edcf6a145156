/// When something is over: a moment on the boot-time clock, which no change of the wall clock moves.
public struct Deadline: Hashable, Comparable, Sendable {
  /// Nanoseconds since boot; see ``HostClock/boottimeNs``.
  public let boottimeNs: Int64

  public init(boottimeNs: Int64) { self.boottimeNs = boottimeNs }

  /// The deadline that long after a moment; the latest possible one if it does not fit.
  public init(_ span: Duration, after now: HostClock) {
    let (sum, overflow) = now.boottimeNs.addingReportingOverflow(span.nanoseconds)
    boottimeNs = overflow ? .max : sum
  }

  /// Whether it is over: the one place that decides it.
  public func isOver(at now: HostClock) -> Bool { isOver(atBoottimeNs: now.boottimeNs) }

  public func isOver(atBoottimeNs now: Int64) -> Bool { boottimeNs <= now }

  public static func < (one: Deadline, other: Deadline) -> Bool { one.boottimeNs < other.boottimeNs }
}

extension Deadline? {
  /// Never, without a deadline.
  public func isOver(at now: HostClock) -> Bool { self?.isOver(at: now) ?? false }
  public func isOver(atBoottimeNs now: Int64) -> Bool { self?.isOver(atBoottimeNs: now) ?? false }
}
