import CStandin
import Glibc

/// A service that does nothing but behave towards signals and in its log as PlaceOS's do.
struct StandIn {
  /// What a signal does.
  enum Dialect: String, CaseIterable {
    /// USR1 flips trace logging; USR2 is not trapped, so it kills.
    case toggle
    /// USR1 switches trace logging on and USR2 off again, each once.
    case latch
    /// USR1 flips trace logging; USR2 prints figures.
    case driver
  }

  let dialect: Dialect
  /// What debug mode goes back to, whatever the level was at the start.
  let levelAfterDebug: Journal.Level
  private var journal: Journal
  private var ticks = 0

  /// - Parameters:
  ///   - program: the service's name in its log.
  ///   - environment: what to ask for a variable.
  init(dialect: Dialect, program: String, environment: (String) -> String?) {
    self.dialect = dialect
    let isProduction = environment("SG_ENV") == "production"
    levelAfterDebug = dialect == .driver ? .error : isProduction ? .info : .debug
    let named = dialect == .driver ? nil : environment("LOG_LEVEL").flatMap(Journal.Level.init(named:))
    journal = Journal(
      program: program, isJSON: environment("PLACE_LOG_FORMAT")?.lowercased() == "json",
      level: named ?? levelAfterDebug)
  }

  /// Serves until SIGTERM or SIGINT.
  ///
  /// - Parameter signals: where the numbers of the signals that came are read from.
  mutating func run(signals: Int32) {
    for signal in [SIGTERM, SIGINT, SIGUSR1] { cstandin_trap(signal) }
    if dialect != .toggle { cstandin_trap(SIGUSR2) }
    journal.log(.info, "Launching \(journal.program)", source: ownSource)
    var nextTick = Self.milliseconds()
    while true {
      var awaited = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
      let ready = poll(&awaited, 1, Int32(max(0, nextTick - Self.milliseconds())))
      if ready > 0 {
        var number: UInt8 = 0
        guard read(signals, &number, 1) == 1 else { continue }
        guard act(on: Int32(number)) else { return }
      } else if ready == 0 {
        // Not a burst of them after the process was stopped for a while.
        nextTick = max(nextTick + Self.tickMilliseconds, Self.milliseconds())
        tick()
      }
    }
  }

  /// Does what a signal asks for; false where that is to end.
  private mutating func act(on signal: Int32) -> Bool {
    switch (signal, dialect) {
    case (SIGUSR1, .toggle), (SIGUSR1, .driver):
      change(toDebug: !cstandin_is_tracing())
      // As the real handlers do: ignored for a moment, then trapped anew. Who polls the masks can see it.
      cstandin_ignore(signal)
      cstandin_trap(signal)
    case (SIGUSR1, .latch), (SIGUSR2, .latch):
      change(toDebug: signal == SIGUSR1)
      cstandin_ignore(signal)
    case (SIGUSR2, .driver):
      journal.print("Statistics of \(journal.program): process \(getpid()), \(ticks) polls")
    default:
      journal.print(" > terminating gracefully")
      return false
    }
    return true
  }

  private mutating func change(toDebug debug: Bool) {
    cstandin_set_tracing(debug)
    let level = debug ? .trace : levelAfterDebug
    journal.level = level
    switch dialect {
    case .toggle:
      let standard: Journal.Level = debug ? .trace : .info
      let namespaces = "action-controller.*, place_os.*, \(journal.program).*"
      let source = "place_os.log_backend"
      journal.write(.info, "default log level changed to \(standard.title)", source: source)
      journal.write(.info, "\(namespaces) log level changed to \(level.title)", source: source)
    case .latch: journal.print(" > Log level changed to \(level.title)")
    case .driver: journal.write(.info, "> Log level changed to \(level.title)", source: nil)
    }
  }

  /// A request comes in, or a driver asks its device: a trace line each, and now and then a summary.
  private mutating func tick() {
    ticks += 1
    if dialect == .driver {
      journal.log(.trace, "poll \(ticks): the device answers in \(ticks * 7 % 40 + 2) ms", source: ownSource)
      return
    }
    let path = Self.paths[ticks % Self.paths.count]
    journal.log(.trace, "request \(ticks): GET \(path) 200 in \(ticks * 7 % 40 + 2) ms", source: ownSource)
    if ticks % Self.ticksPerSummary == 0 {
      journal.log(.info, "\(Self.ticksPerSummary) requests served, none failed", source: ownSource)
    }
  }

  private var ownSource: String {
    "place_os." + String(journal.program.map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  private static let paths = ["/api/engine/v2/systems", "/api/engine/v2/modules", "/api/engine/v2/zones"]
  private static let tickMilliseconds = 300
  private static let ticksPerSummary = 10

  /// Of a clock that nobody sets.
  private static func milliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}
