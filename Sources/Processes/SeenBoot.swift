import Text

/// A boot of this machine as this process sees it, and what shows whether something was recorded in it.
///
/// Two processes of one boot can see two boot ids: systemd-nspawn(1) mounts another over
/// `/proc/sys/kernel/random/boot_id`, and a unit with `ProtectKernelTunables=` still sees the kernel's. Both
/// see the same clocks and, in one pid namespace, the same processes.
public struct SeenBoot: Sendable {
  /// As ``ProcessTable/bootID()`` gives it.
  public let id: String
  /// Its other ids, as far as proved: an id once proved stays so for the rest of the boot.
  public var otherIDs: Set<String> = []
  private let clock: HostClock
  private let startTicks: @Sendable (Int32) -> UInt64?

  /// - Parameters:
  ///   - clock: a reading of the clocks in this boot.
  ///   - startTicks: when the process that has a pid now started, clock ticks after boot; `nil` if there is
  ///     none, or that is unknown.
  public init(id: String, clock: HostClock, startTicks: @escaping @Sendable (Int32) -> UInt64?) {
    self.id = id
    self.clock = clock
    self.startTicks = startTicks
  }

  /// Whether a record under another id is from the same pid namespace, so that its pids are the ones seen
  /// here; after another boot the number of the namespace may be the same.
  public func sharesPIDs(with other: String) -> Bool {
    other.drop { $0 != "/" } == id.drop { $0 != "/" }
  }

  /// Whether a process that was recorded in this pid namespace lives: its pid has not been reused since.
  public func has(pid: Int32, startTicks ticks: UInt64) -> Bool { startTicks(pid) == ticks }

  /// Whether a reading of the clocks is from this boot: the boot-time clock and the wall clock keep their
  /// distance unless the wall clock is set. The next boot begins later by the whole length of this one.
  public func contains(_ reading: HostClock) -> Bool {
    let change = (reading.wall - clock.wall) + clock.age(of: reading.boottime)
    return max(change, .zero - change) < Self.tolerance
  }

  /// The two clocks are read one after the other, and another program may run in between.
  private static let tolerance = Duration.seconds(1)
}

extension ProcessTable {
  /// The boot as it is seen here.
  ///
  /// - Parameters:
  ///   - id: from ``bootID()``.
  ///   - otherIDs: see ``SeenBoot/otherIDs``.
  public func boot(_ id: String, _ otherIDs: Set<String> = [], clock: HostClock) -> SeenBoot {
    let proc = proc
    var boot = SeenBoot(id: id, clock: clock) { pid in
      guard let process = (try? ProcessDirectory.open(pid: pid, proc: proc)) ?? nil else { return nil }
      return (try? process.stat())?.startTicks
    }
    boot.otherIDs = otherIDs
    return boot
  }
}
