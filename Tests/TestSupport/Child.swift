import Glibc
import SystemPackage

/// A process that a test has started, and that is ended with its test: by its pid, after which it is waited for,
/// so that the pid cannot have become another's.
public final class Child {
  public let pid: pid_t
  public private(set) var status: Int32?
  /// The end that keeps a fixture alive which watches its standard input.
  private let keptAlive: Int32
  private var isInputClosed = false

  /// - Parameters:
  ///   - argv0: what the process sees as its own name, if not the path.
  ///   - environment: all of it, each as `NAME=VALUE`.
  ///   - output: the file that standard output and standard error go to; none: they are dropped.
  /// - Throws: `Errno` of posix_spawn(3).
  public init(
    _ path: FilePath, _ arguments: [String] = [], argv0: String? = nil,
    environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], output: String? = nil
  ) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Errno(rawValue: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The test runner's own dispositions and mask are no business of a service.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let argv = ([argv0 ?? path.string] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    var code = ETXTBSY
    // A child that another test starts at this very moment may hold a program that was just written open until its
    // own execve(2).
    for _ in 0..<1000 {
      code = path.withPlatformString { posix_spawn(&pid, $0, &actions, &attributes, argv, envp) }
      guard code == ETXTBSY else { break }
      usleep(2000)
    }
    close(ends[0])
    guard code == 0 else {
      close(ends[1])
      throw Errno(rawValue: code)
    }
    self.pid = pid
    keptAlive = ends[1]
  }

  /// - Parameter environment: what is added to `PATH`, or put in its place.
  public convenience init(
    _ path: String, _ arguments: [String] = [], argv0: String? = nil, environment: [String: String] = [:],
    output: String? = nil
  ) throws {
    var variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    variables.merge(environment) { $1 }
    try self.init(
      FilePath(path), arguments, argv0: argv0, environment: variables.map { "\($0.key)=\($0.value)" },
      output: output)
  }

  deinit {
    end()
    closeInput()
  }

  /// Sends a signal, if the process has not been waited for.
  public func signal(_ number: Int32) { if status == nil { kill(pid, number) } }

  /// Ends its standard input.
  public func closeInput() {
    guard !isInputClosed else { return }
    isInputClosed = true
    close(keptAlive)
  }

  /// Ends it with SIGKILL and waits for it.
  public func end() {
    guard status == nil else { return }
    kill(pid, SIGKILL)
    wait()
  }

  /// Waits until it has ended; its wait status.
  @discardableResult
  public func wait() -> Int32 {
    if let status { return status }
    var raw: Int32 = 0
    while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
    status = raw
    return raw
  }

  /// Whether it is still running.
  public var isRunning: Bool {
    guard status == nil else { return false }
    var raw: Int32 = 0
    guard waitpid(pid, &raw, WNOHANG) == pid else { return true }
    status = raw
    return false
  }

  /// The exit status; 128 + N where signal N ended it.
  public var exitStatus: Int32 {
    let raw = wait()
    return raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + (raw & 0x7f)
  }
}

/// Waits for a condition, never for a time: looks again until it holds or far too long has passed.
public func eventually(_ seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = monotonicSeconds() + seconds
  while true {
    if try condition() { return true }
    if monotonicSeconds() > deadline { return false }
    usleep(2_000)
  }
}

public func monotonicSeconds() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}
