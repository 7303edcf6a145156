import Glibc
import TestSupport

/// A PlaceOS service of an unprivileged user's own, which behaves until it is told not to.
final class Hostile {
  /// What it does to others, and how it is started.
  enum Attack: String, CaseIterable, Sendable {
    /// Executes itself with 5 MB of arguments.
    case arguments
    /// Executes itself again and again, with more and less arguments.
    case changingArguments
    /// Claims 4 MiB of memory as its command line.
    case commandLine
    /// Has a path that is longer than PATH_MAX.
    case longPath
    /// Ends its main thread, and lives on in another.
    case lostMainThread
    /// Forks copies of itself that share its handler.
    case copies
    /// Is executed from a file system that answers no more.
    case hungExecutable
    /// Claims that its program begins in a page of a file system that answers no more.
    case hungMemory
    /// Has 10,000 mounts.
    case mounts
    /// Has 2.8 million symbols with the name of the flag.
    case symbols

    fileprivate var words: (arguments: [String], attack: String) {
      switch self {
      case .arguments: (["serve"], "args")
      case .changingArguments: (["serve"], "churn")
      case .commandLine: (["serve"], "cmdline")
      case .longPath: (["serve"], "rename")
      case .lostMainThread: (["serve"], "thread")
      case .copies: (["serve"], "fork")
      case .hungExecutable: (["hang"], "none")
      case .hungMemory: (["hang"], "entry")
      case .mounts: (["mounts", "10000"], "none")
      case .symbols: (["serve"], "none")
      }
    }

    /// Whether what it does has an end that can be waited for; what hangs says nothing more.
    fileprivate var saysWhenDone: Bool {
      self != .hungExecutable && self != .hungMemory && self != .changingArguments
    }
  }

  let attack: Attack
  private let child: Child
  private let truth: String
  private let trigger: String

  struct NotReady: Error { let log: String }

  /// Starts it as uid 10001 and waits until it has its handler.
  init(_ attack: Attack, in scratch: Scratch) throws {
    self.attack = attack
    let home = scratch.folder("hostile-\(Self.numbers.next())")
    truth = home + "/truth"
    trigger = home + "/trigger"
    let folder = home + "/above/folder"
    // What hangs executes itself under the service's name, from its own file system.
    let program = folder + (attack.words.arguments == ["hang"] ? "/server" : "/staff-api")
    Files.make(folderOf: program)
    if attack == .symbols {
      try Command.run(TestMachine.fixture("hostile"), ["symbols", program, "2800000"])
    } else {
      try Files.copy(TestMachine.fixture("hostile"), to: program)
    }
    for path in [scratch.path, home, home + "/above", folder] { chmod(path, 0o777) }
    // Its numbers are the same on every Linux; admin-guide/devices.rst of the kernel's documentation.
    if !Files.exists("/dev/fuse") { mknod("/dev/fuse", S_IFCHR | 0o666, 10 << 8 | 229) }
    chmod("/dev/fuse", 0o666)
    let arguments = attack.words.arguments == ["hang"] ? ["hang", home, "staff-api"] : attack.words.arguments
    child = try Child(
      unprivileged: program, arguments,
      environment: [
        "HOSTILE_TRUTH": truth, "HOSTILE_TRIGGER": trigger, "HOSTILE_ATTACK": attack.words.attack,
      ], output: home + "/log")
    let (child, truth) = (child, truth)
    let isReady = eventually { Files.text(truth).contains("READY") || !child.isRunning }
    guard isReady, child.isRunning else { throw NotReady(log: Files.text(home + "/log")) }
  }

  deinit {
    // Whatever it has left behind ends with it: it stops where nobody may follow it.
    child.end()
    for copy in pids where copy != child.pid { kill(copy, SIGKILL) }
  }

  /// The processes that have told of themselves.
  private var pids: Set<Int32> {
    Set(
      Files.text(truth).split(separator: "\n").compactMap {
        $0.split(separator: " ").last.flatMap { Int32($0) }
      })
  }

  /// How many signals it has acted upon.
  var signalCount: Int { Files.text(truth).split(separator: "\n").count { $0.hasPrefix("SIGNAL") } }

  /// From here on it does its worst.
  func begin() throws {
    try Files.write([], to: trigger)
    guard attack.saysWhenDone else { return }
    let (truth, child) = (truth, child)
    let isDone = eventually { Files.text(truth).contains("DONE") || !child.isRunning }
    guard isDone, child.isRunning else { throw NotReady(log: Files.text(truth)) }
  }

  private static let numbers = Counter()
}
