import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Processes
@testable import Text

/// A child process of a test, which ends it in a `defer`.
final class SpawnedChild {
  private let child: Child
  var pid: Int32 { child.pid }
  static let sleepPath = "/usr/bin/sleep"

  /// Starts `command`, of which the first word is the path, with no signal blocked or ignored.
  ///
  /// When this returns, the child has become that program.
  init(_ command: [String], program: FilePath? = nil, environment: [String] = ["PATH=/usr/bin:/bin"]) throws {
    child = try Child(
      program ?? FilePath(command[0]), Array(command.dropFirst()), argv0: command[0], environment: environment
    )
    // posix_spawn(3) waits until the child has given up its parent's memory, which is in the midst of
    // execve(2): name, handlers and arguments come after that, the arguments last.
    try awaitTrue {
      try !bytes(of: "cmdline").isEmpty || ProcStat(parsing: bytes(of: "stat")).state == UInt8(ascii: "Z")
    }
  }

  /// A process that does nothing for a minute.
  static func sleep() throws -> SpawnedChild { try SpawnedChild([sleepPath, "3600"]) }

  /// The same with an executable of its own, so with a name of its own.
  static func sleep(copiedTo path: FilePath, arguments: [String] = ["60"]) throws -> SpawnedChild {
    let bytes = try FileReader.bytes(at: FilePath(sleepPath), limitBytes: 1 << 22)
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWriteExecute)
    try file.closeAfter { _ = try file.writeAll(bytes) }
    return try SpawnedChild([path.string] + arguments, program: path)
  }

  /// Ends it and takes its status, so that its pid is free again.
  func end() { child.end() }

  /// The status of waitpid(2).
  @discardableResult
  func reap() -> Int32 { child.wait() }

  var startTicks: UInt64 {
    get throws {
      try ProcStat(parsing: bytes(of: "stat")).startTicks
    }
  }

  var identity: ProcessIdentity {
    get throws { ProcessIdentity(bootID: "test", pid: pid, startTicks: try startTicks) }
  }

  func awaitState(_ state: Unicode.Scalar) throws {
    try awaitTrue { try ProcStat(parsing: bytes(of: "stat")).state == UInt8(ascii: state) }
  }

  func awaitComm(_ comm: String) throws {
    try awaitTrue { try ProcStat(parsing: bytes(of: "stat")).comm == Array(comm.utf8) }
  }

  func bytes(of file: String) throws -> [UInt8] {
    try FileReader.bytes(at: FilePath("/proc/\(pid)").appending(file), limitBytes: 1 << 20)
  }

  struct TooLate: Error {}

  private func awaitTrue(_ condition: () throws -> Bool) throws {
    guard try eventually(30, condition) else { throw TooLate() }
  }
}

/// Whether this is a machine made for tests, where what is the machine's own may be touched.
let isTestMachine =
  getenv("PLACEOS_LOGLEVEL_TEST_MACHINE").map { String(cString: $0) } == "1" && geteuid() == 0

struct NoSuchProcess: Error {}

/// A handle as a class: what `#expect` looks at has to be copied.
final class HeldProcess {
  private let handle: ProcessHandle

  init(_ identity: ProcessIdentity) throws {
    guard let handle = try ProcessHandle.open(identity, proc: "/proc") else { throw NoSuchProcess() }
    self.handle = handle
  }

  var identity: ProcessIdentity { handle.identity }
  var hasEnded: Bool { handle.hasEnded }
  func send(_ signal: Int32) throws { try handle.send(signal) }
  func stat() throws -> ProcStat { try handle.directory.stat() }
  func status() throws -> ProcStatus { try handle.directory.status() }
  func executable() throws -> ExecutableFile? { try handle.directory.executable() }
}

func folder(of pid: Int32, in proc: FilePath = "/proc") throws -> ProcessDirectory {
  guard let folder = try ProcessDirectory.open(pid: pid, proc: proc) else { throw NoSuchProcess() }
  return folder
}
