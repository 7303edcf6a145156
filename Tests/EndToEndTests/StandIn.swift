import Glibc
import TestSupport

/// A real process that behaves as a PlaceOS service, and says itself what level it has.
final class StandIn {
  let child: Child
  /// Its executable, as this machine sees it.
  let executable: String
  let log: String
  let truthFile: String
  let signalFile: String
  private let isOutsideScratch: Bool

  var pid: Int32 { child.pid }

  /// Starts a copy of a fixture under a service's name and waits until it is ready.
  ///
  /// - Parameters:
  ///   - path: where in the scratch folder its executable is to be, such as `rest-api`; with a leading slash,
  ///     where in the test machine.
  ///   - root: the folder of the scratch folder that is to be its root directory; `path` is then below it.
  init(
    _ fixture: String, as path: String, _ arguments: [String] = [], environment: [String: String] = [:],
    in scratch: Scratch, root: String? = nil, awaitsHandler: Bool = true
  ) throws {
    isOutsideScratch = path.hasPrefix("/") && root == nil
    let place = root.map { $0 + "/" + path } ?? path
    executable = isOutsideScratch ? path : scratch(place)
    if !Files.exists(executable) {
      if isOutsideScratch {
        try Files.copy(TestMachine.fixture(fixture), to: path)
      } else {
        _ = try scratch.copy(of: TestMachine.fixture(fixture), as: place)
      }
    }
    let number = Self.numbers.next()
    log = scratch("\(number).log")
    let folder = root.map { scratch($0) } ?? scratch.path
    truthFile = "\(folder)/\(number).truth"
    signalFile = "\(folder)/\(number).signals"
    var variables = environment
    // PlaceOS's default, and the only evidence there is without symbols: lines that a client cannot have written.
    if fixture.hasSuffix("-stripped"), variables["PLACE_LOG_FORMAT"] == nil {
      variables["PLACE_LOG_FORMAT"] = "json"
    }
    // What it sees of them, should its root be another.
    variables["STANDIN_TRUTH_FILE"] = root == nil ? truthFile : "/\(number).truth"
    variables["STANDIN_SIGNAL_FILE"] = root == nil ? signalFile : "/\(number).signals"
    child =
      root == nil
      ? try Child(executable, arguments, environment: variables, output: log)
      : try Child(
        "/usr/sbin/chroot", [folder, "/" + path] + arguments, environment: variables, output: log)
    if awaitsHandler, !(eventually { isReady || !child.isRunning }) || !isReady {
      throw NotReady(fixture: fixture, log: Files.text(log))
    }
  }

  deinit {
    child.end()
    if isOutsideScratch { unlink(executable) }
  }

  struct NotReady: Error {
    let fixture: String
    let log: String
  }

  /// Whether its handler is installed.
  var isReady: Bool { Files.exists("\(truthFile).\(child.pid)") }

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

  /// The signals that it has acted upon, oldest first: `USR1`, `USR2`; of a worker, by its pid.
  ///
  /// Waits a moment, in which one too many would have come: from kill(2) to the handler it takes under a
  /// millisecond.
  func signals(pid: Int32? = nil) -> [String] {
    usleep(20_000)
    return Files.text(signalFile).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      return fields.count == 3 && fields[0] == "\(pid ?? child.pid)" ? String(fields[1]) : nil
    }
  }

  /// The stand-ins of one test have files of their own.
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
