import Processes
import Text

/// What a process has written, at several moments, which gives the rate.
public struct WriteMeter: Hashable, Sendable {
  private struct Sample: Hashable, Sendable {
    let moment: BootTime
    let bytes: UInt64
  }

  private var samples: [Sample] = []

  public init() {}

  /// Adds a reading, and forgets those no longer needed for the last `window`.
  public mutating func add(bytes: UInt64, at moment: BootTime, window: Duration) {
    samples.append(Sample(moment: moment, bytes: bytes))
    // The newest one that is old enough stays: the window is measured from it.
    while samples.count > 1, moment - samples[1].moment >= window { samples.removeFirst() }
  }

  /// Bytes a second between the first reading and the last; `nil` before there are two.
  public var bytesPerSecond: UInt64? {
    guard let first = samples.first, let last = samples.last, last.moment > first.moment else { return nil }
    guard last.bytes >= first.bytes else { return 0 }
    return UInt64(Double(last.bytes - first.bytes) / ((last.moment - first.moment) / .seconds(1)))
  }

  /// The same, once the readings cover all of `window`.
  public func bytesPerSecond(over window: Duration) -> UInt64? {
    guard let first = samples.first, let last = samples.last, last.moment - first.moment >= window else {
      return nil
    }
    return bytesPerSecond
  }
}
