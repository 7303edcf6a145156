import Text

/// When something is over.
public typealias Deadline = BootTime

extension Deadline {
  /// The deadline that long after a moment; the latest possible one if it does not fit.
  public init(_ span: Duration, after now: HostClock) { self = now.boottime + span }

  /// Whether it is over: the one place that decides it.
  public func isOver(at now: BootTime) -> Bool { self <= now }
  public func isOver(at now: HostClock) -> Bool { isOver(at: now.boottime) }
}

extension Deadline? {
  /// Never, without a deadline.
  public func isOver(at now: BootTime) -> Bool { self?.isOver(at: now) ?? false }
  public func isOver(at now: HostClock) -> Bool { isOver(at: now.boottime) }
}
