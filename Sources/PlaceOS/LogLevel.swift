/// A level of Crystal's log, most verbose first.
public enum LogLevel: String, Sendable, CaseIterable {
  case trace, debug, info, notice, warn, error, fatal, none

  /// The level a service has from its start: `LOG_LEVEL` where it names one, otherwise `info` in production
  /// (`SG_ENV=production`) and `debug` elsewhere. A driver's process log starts at `error`.
  public static func start(of kind: Service.Kind, environment: [String: String]) -> LogLevel {
    if kind == .driver { return .error }
    if let named = environment["LOG_LEVEL"], let level = LogLevel(named: named) { return level }
    return environment["SG_ENV"] == "production" ? .info : .debug
  }

  /// The level a service goes back to when a signal takes it out of debug mode, whatever it started with.
  public static func afterReturn(of kind: Service.Kind) -> LogLevel {
    kind == .driver ? .error : .info
  }

  /// The level in debug mode.
  public static let inDebugMode = LogLevel.trace

  /// Crystal takes a level's name in any case, and `warning` for `warn`.
  init?(named name: String) {
    let word = name.lowercased()
    self.init(rawValue: word == "warning" ? "warn" : word)
  }
}
