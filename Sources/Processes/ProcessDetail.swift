/// One process as the procps library reads it, at one moment.
public struct ProcessDetail: Hashable, Sendable {
  public let startTicks: UInt64
  public let comm: String
  /// What `/proc/PID/cgroup` says, cgroups(7).
  public let controlGroups: [UInt8]

  public init(startTicks: UInt64, comm: String, controlGroups: [UInt8]) {
    self.startTicks = startTicks
    self.comm = comm
    self.controlGroups = controlGroups
  }
}
