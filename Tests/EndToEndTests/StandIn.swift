import Glibc

/// A real process that behaves as a PlaceOS service, and says itself what level it has.
final class StandIn {
  let child: Child
  let executable: String
  let log: String
  private let truthFile: String

  var pid: Int32 { child.pid }

  /// Starts a copy of a fixture under a service's name and waits until it is ready.
  ///
  /// - Parameter path: where in the scratch folder its executable is to be, such as `rest-api`.
  init(
    _ fixture: String, as path: String, _ arguments: [String] = [], environment: [String: String] = [:],
    in scratch: Scratch, awaitsHandler: Bool = true
  ) throws {
    executable = Files.exists(scratch(path)) ? scratch(path) : try scratch.copy(of: TestMachine.fixture(fixture), as: path)
    let number = Self.numbers.next()
    log = scratch("\(number).log")
    truthFile = scratch("\(number).truth")
    var variables = environment
    variables["STANDIN_TRUTH_FILE"] = truthFile
    variables["STANDIN_SIGNAL_FILE"] = scratch("\(number).signals")
    child = try Child(executable, arguments, environment: variables, output: log)
    if awaitsHandler, !(eventually { Files.exists("\(truthFile).\(child.pid)") || !child.isRunning }) {
      throw NotReady(fixture: fixture)
    }
  }

  struct NotReady: Error { let fixture: String }

  /// Whether it is in debug mode, by its own word; of a worker, by its pid.
  func isVerbose(pid: Int32? = nil) -> Bool? {
    switch Files.text("\(truthFile).\(pid ?? child.pid)").split(whereSeparator: \.isWhitespace).last {
    case "true": true
    case "false": false
    default: nil
    }
  }

  /// Waits until it has the level, by its own word.
  func becomes(verbose: Bool, pid: Int32? = nil) -> Bool { eventually { isVerbose(pid: pid) == verbose } }

  /// Stands-ins of one test have files of their own.
  private static let numbers = Counter()
}

/// Counts, from any thread.
final class Counter: @unchecked Sendable {
  private var value = 0
  private var lock = pthread_mutex_t()

  init() { pthread_mutex_init(&lock, nil) }

  func next() -> Int {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    value += 1
    return value
  }
}
