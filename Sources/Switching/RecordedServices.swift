import Ledger

extension Pipeline.Environment {
  /// The names of the services that this tool has switched, sorted. Empty if the state cannot be read: the
  /// command that asks will say so, as it also reads the state.
  public func recordedServices() -> [String] {
    guard let directory = try? openStateDirectory(create: false),
      let state = try? directory.readState()
    else { return [] }
    return Set(state.entries.map(\.service)).sorted()
  }
}
