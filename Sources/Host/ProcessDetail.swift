/// One process as far as recognition and the level need it, read at one moment.
public struct ProcessDetail: Hashable, Sendable {
  public let startTicks: UInt64
  public let state: UInt8
  public let comm: String
  /// What `/proc/PID/cgroup` says, cgroups(7).
  public let controlGroups: [UInt8]
  public let masks: SignalMasks

  public init(
    startTicks: UInt64, state: UInt8, comm: String, controlGroups: [UInt8], masks: SignalMasks
  ) {
    self.startTicks = startTicks
    self.state = state
    self.comm = comm
    self.controlGroups = controlGroups
    self.masks = masks
  }
}
