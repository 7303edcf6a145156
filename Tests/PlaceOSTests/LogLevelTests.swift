import Testing

@testable import PlaceOS

@Suite("Levels")
struct LogLevelTests {
  static let starts: [([String: String], LogLevel)] = [
    ([:], .debug), (["SG_ENV": "production"], .info), (["SG_ENV": "development"], .debug),
    (["SG_ENV": ""], .debug),
    (["ENV": "production"], .debug), (["LOG_LEVEL": "warn"], .warn), (["LOG_LEVEL": "WARN"], .warn),
    (["LOG_LEVEL": "Warning"], .warn), (["LOG_LEVEL": "trace", "SG_ENV": "production"], .trace),
    (["LOG_LEVEL": "none"], .none), (["LOG_LEVEL": "Fatal"], .fatal), (["LOG_LEVEL": "notice"], .notice),
    (["LOG_LEVEL": "error"], .error), (["LOG_LEVEL": "INFO"], .info), (["LOG_LEVEL": "debug"], .debug),
    (["LOG_LEVEL": "", "SG_ENV": "production"], .info), (["LOG_LEVEL": "loud"], .debug),
    (["LOG_LEVEL": " warn"], .debug), (["log_level": "warn"], .debug),
  ]

  @Test("A service starts at LOG_LEVEL, or at what its environment is", arguments: starts)
  func start(environment: [String: String], level: LogLevel) {
    #expect(LogLevel.start(of: service("api"), environment: environment) == level)
  }

  @Test(
    "What is production each service decides for itself, in any case",
    arguments: [
      ("api", ["SG_ENV": "Production"], LogLevel.info), ("api", ["ENV": "production"], .debug),
      ("search-ingest", ["ENV": "production", "SG_ENV": "development"], .info),
      ("search-ingest", ["ENV": "development", "SG_ENV": "production"], .debug),
      ("search-ingest", ["SG_ENV": "production"], .info),
      ("frontends", ["ENV": "production"], .info),
      ("frontends", ["ENV": "production", "SG_ENV": "development"], .debug),
      ("source", ["ENV": "PROD"], .info), ("source", ["SG_ENV": "production"], .debug),
    ])
  func production(name: String, environment: [String: String], level: LogLevel) {
    #expect(LogLevel.start(of: service(name), environment: environment) == level)
    // What is asked of the process is enough to know it.
    #expect(environment.keys.allSatisfy(LogLevel.startVariables.contains))
  }

  @Test("A driver starts at error, whatever its environment says", arguments: starts)
  func startOfDriver(environment: [String: String], level: LogLevel) {
    #expect(LogLevel.start(of: service("driver"), environment: environment) == .error)
  }

  @Test("Going back ends at info, and for a driver at error")
  func afterReturn() {
    #expect(LogLevel.afterReturn(of: .service) == .info)
    #expect(LogLevel.afterReturn(of: .driver) == .error)
    #expect(LogLevel.inDebugMode == .trace)
  }
}
