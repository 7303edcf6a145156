import Glibc
import TestSupport

/// One stand-in, and what was done to it.
struct FleetMember {
  let fixture: String
  let path: String
  let arguments: [String]
  let service: String
  let process: StandIn
  /// When its start is over, and it acts upon signals.
  private let startedSeconds: Double
  /// Whether the tool has switched it on, by its own word, and not off again.
  var isOurs = false
  var isPaused = false
  /// How many signals it has been sent, whoever did it.
  var sent = 0

  /// Signals to one process come no closer: of two, one may get lost.
  static let gapMicroseconds: UInt32 = 15_000
  private static let slowStart = 0.4

  var name: String { "\(service) \(process.pid)" }

  init(
    _ fixture: String, _ path: String, _ arguments: [String], _ service: String, isSlow: Bool,
    in scratch: Scratch
  ) throws {
    self.fixture = fixture
    self.path = path
    self.arguments = arguments
    self.service = service
    let environment = isSlow ? ["STANDIN_START_DELAY": "\(Self.slowStart)"] : [:]
    process = try StandIn(fixture, as: path, arguments, environment: environment, in: scratch)
    startedSeconds = monotonicSeconds() + (isSlow ? Self.slowStart + 0.1 : 0)
  }

  func restarted(isSlow: Bool, in scratch: Scratch) throws -> FleetMember {
    process.child.end()
    return try FleetMember(fixture, path, arguments, service, isSlow: isSlow, in: scratch)
  }

  /// Whether a signal to it waits for the end of its start: two would then cancel each other.
  var isStarting: Bool { monotonicSeconds() < startedSeconds }

  /// How many signals it has acted upon.
  var received: Int {
    Files.text(process.signalFile).split(separator: "\n").count { $0.hasPrefix("\(process.pid) ") }
  }

  /// Waits until it has acted upon all that it was sent, and no more; what is stopped or starting acts later.
  func hasHadWhatWasSent() -> Bool {
    if isPaused || isStarting { return received <= sent }
    return eventually(2) { received == sent }
  }

  /// Whether a signal would be acted upon: a handler ignores it for a moment after each.
  func catches(_ signal: Int32) -> Bool {
    Files.text("/proc/\(process.pid)/status").split(separator: "\n").contains { line in
      guard line.hasPrefix("SigCgt:") else { return false }
      let mask = UInt64(line.split(whereSeparator: \.isWhitespace).last ?? "", radix: 16) ?? 0
      return mask >> UInt64(signal - 1) & 1 == 1
    }
  }

  /// Stops it, or lets it go on, and waits until that is so.
  func carryOutPause() throws {
    process.child.signal(isPaused ? SIGSTOP : SIGCONT)
    _ = eventually { (Kernel.state(of: process.pid) == "T") == isPaused }
    if !isPaused { _ = hasHadWhatWasSent() }
  }
}

extension StandIn {
  /// Waits until it has the level, by its own word, for so long at most.
  func becomes(verbose: Bool, within seconds: Double) -> Bool {
    eventually(seconds) { isVerbose() == verbose }
  }
}
