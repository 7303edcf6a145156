/// A level of Crystal's log, most verbose first.
public enum LogLevel: String, Sendable, CaseIterable {
  case trace, debug, info, notice, warn, error, fatal, none

  /// The variables that tell the level of a service at its start.
  public static let startVariables = ["LOG_LEVEL", "SG_ENV", "ENV"]

  /// The level a service has from its start: `LOG_LEVEL` if it names one, otherwise `info` in production and
  /// `debug` elsewhere. A driver's process log starts at `error`.
  ///
  /// What counts as production differs: `SG_ENV=production`, in any case, for most; search-ingest takes `ENV`
  /// before `SG_ENV` and frontends after it, and source goes by `ENV=PROD`.
  public static func start(of service: Service, environment: [String: String]) -> LogLevel {
    if service.levelKind == .driver { return .error }
    if let named = environment["LOG_LEVEL"], let level = LogLevel(named: named) { return level }
    let (sg, plain) = (environment["SG_ENV"], environment["ENV"])
    let isProduction =
      switch service.name {
      case "search-ingest": (plain ?? sg)?.lowercased() == "production"
      case "frontends": (sg ?? plain)?.lowercased() == "production"
      case "source": plain == "PROD"
      default: sg?.lowercased() == "production"
      }
    return isProduction ? .info : .debug
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
