import Testing

/// One kind of real process whose level is read: how its executable was made, what a signal does to it, and
/// whether there is one of it.
struct LevelCell: CustomTestStringConvertible, Sendable {
  enum Build: String, CaseIterable { case dynamic, `static`, release, stripped }
  enum Dialect: String, CaseIterable { case toggle, latch, driver }

  /// What has happened to a process since its start.
  enum Past {
    case nothing
    case on(byTool: Bool)
    /// On and off again.
    case offAgain(byTool: Bool)
  }

  /// What `status` is to say of the level.
  struct Expected: Equatable {
    let debug: Bool?
    let evidence: String
    /// Whether the evidence is the process itself: then the level is the true one, without exception.
    var isOwnWord: Bool { ["memory", "signals", "log"].contains(evidence) }
  }

  let build: Build
  let dialect: Dialect
  let hasWorkers: Bool

  static let all = Dialect.allCases.flatMap { dialect in
    Build.allCases.flatMap { build in
      [false, true].map { LevelCell(build: build, dialect: dialect, hasWorkers: $0) }
    }
  }

  var testDescription: String { "\(dialect), \(build)\(hasWorkers ? ", with workers" : "")" }
  var fixture: String { "\(dialect)-\(build)" }
  var arguments: [String] { (dialect == .driver ? ["-p"] : []) + (hasWorkers ? ["-w", "3"] : []) }
  var processCount: Int { hasWorkers ? 3 : 1 }
  var signalOff: String { dialect == .latch ? "USR2" : "USR1" }

  var path: String {
    switch dialect {
    case .toggle: "rest-api"
    case .latch: "staff-api"
    case .driver: DialectSample.driverPath
    }
  }

  var service: String {
    switch dialect {
    case .toggle: "api"
    case .latch: "staff"
    case .driver: "driver"
    }
  }

  /// Nothing proves what a stripped executable outside any container is: it has to be trusted.
  var trust: [String] { build == .stripped ? ["--trust-name"] : [] }

  /// Whether its log tells of its switches, and only of its own: workers write alike to one log, and what a
  /// latch writes bears no time, so that it could be an earlier process's.
  var tellsInLog: Bool { dialect != .latch && !hasWorkers }

  /// The evidence in the order of its strength: the flag where there are symbols; the dispositions of a latch
  /// that is not spent; a log that the process has to itself; what the tool did; nothing.
  func expected(after past: Past) -> Expected {
    let truth = if case .on = past { true } else { false }
    if dialect != .latch, build != .stripped { return Expected(debug: truth, evidence: "memory") }
    if dialect == .latch {
      guard case .offAgain = past else { return Expected(debug: truth, evidence: "signals") }
    }
    if case .nothing = past { return Expected(debug: false, evidence: "assumed") }
    if tellsInLog { return Expected(debug: truth, evidence: "log") }
    switch past {
    // Its way back was open when the tool began it, and is used up now.
    case .offAgain(byTool: true) where dialect == .latch: return Expected(debug: false, evidence: "signals")
    case .on(byTool: true), .offAgain(byTool: true): return Expected(debug: truth, evidence: "ledger")
    // A spent latch shows that it was touched, and not what came last.
    default: return Expected(debug: dialect == .latch ? nil : false, evidence: "assumed")
    }
  }

  /// Whether what the tool does can be seen to work.
  func isConfirmed(after past: Past) -> Bool {
    // That a latch has used up its second signal is seen while it happens.
    dialect == .latch || expected(after: past).isOwnWord
  }
}
