import Ledger

extension Pipeline.Machine {
  /// The names of the services that this tool has switched, sorted. None where the state cannot be read: the
  /// command that asks will say so, for it reads the state as well.
  public func recordedServices() -> [String] {
    guard let directory = try? openStateDirectory(create: false),
      let state = try? directory.readState()
    else { return [] }
    return Set(state.entries.map(\.service)).sorted()
  }
}
