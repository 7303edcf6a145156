import Glibc
import SystemPackage
import Testing

@testable import Processes
@testable import Text

@Suite("Handles on processes")
struct ProcessHandleTests {
  static func open(_ identity: ProcessIdentity) throws -> Bool {
    let handle = try ProcessHandle.open(identity, proc: "/proc")
    return handle != nil
  }

  @Test("A signal arrives at the process that is held, and at no other", arguments: [SIGUSR1, SIGUSR2])
  func send(signal: Int32) throws {
    let child = try SpawnedChild.sleep()
    let other = try SpawnedChild.sleep()
    defer {
      child.end()
      other.end()
    }
    let handle = try HeldProcess(child.identity)
    #expect(handle.identity.pid == child.pid)
    #expect(!handle.hasEnded)
    try handle.send(signal)
    // The low seven bits are the signal that ended it; wait(2).
    #expect(child.reap() & 0x7F == signal)
    #expect(handle.hasEnded)
    #expect(kill(other.pid, 0) == 0)
    #expect(try ProcStat(parsing: other.bytes(of: "stat")).state != UInt8(ascii: "Z"))
  }

  @Test("A handler gets the signal, once")
  func handler() throws {
    let child = try SpawnedChild(["/bin/sh", "-c", "trap : USR1; kill -STOP $$; sleep 0; exit 7"])
    defer { child.end() }
    try child.awaitState("T")
    let handle = try HeldProcess(child.identity)
    try handle.send(SIGUSR1)
    #expect(try handle.status().masks.pending.bits == 0x200)
    kill(child.pid, SIGCONT)
    #expect(child.reap() >> 8 == 7)
  }

  @Test("A process that has ended gets nothing: ESRCH")
  func ended() throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    let identity = try child.identity
    let handle = try HeldProcess(identity)
    kill(child.pid, SIGKILL)
    child.reap()
    #expect(handle.hasEnded)
    let error = #expect(throws: HostError.self) { try handle.send(SIGUSR1) }
    #expect(error == .process(pid: child.pid, call: "pidfd_send_signal", .noSuchProcess))
    #expect(error?.isProcessGone == true)
    #expect(try !Self.open(identity))
  }

  @Test("A zombie can be held and shows that it has ended")
  func zombie() throws {
    let child = try SpawnedChild(["/bin/sh", "-c", "exit 0"])
    defer { child.end() }
    try child.awaitState("Z")
    let handle = try HeldProcess(child.identity)
    #expect(handle.hasEnded)
  }

  @Test("Another start time is another process: it is not held, and nothing is sent")
  func otherStart() throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    let real = try child.startTicks
    for ticks in [0, real - 1, real + 1, .max] {
      #expect(try !Self.open(ProcessIdentity(bootID: "test", pid: child.pid, startTicks: ticks)), "\(ticks)")
    }
    #expect(try Self.open(child.identity))
    #expect(try ProcStatus(parsing: child.bytes(of: "status")).masks.pending.bits == 0)
    #expect(try ProcStat(parsing: child.bytes(of: "stat")).state != UInt8(ascii: "Z"))
  }

  @Test("execve(2) keeps the process, and the handle with it")
  func execve() throws {
    let child = try SpawnedChild(["/bin/sh", "-c", "kill -STOP $$; exec \(SpawnedChild.sleepPath) 60"])
    defer { child.end() }
    try child.awaitState("T")
    let handle = try HeldProcess(child.identity)
    #expect(try handle.executable()?.path != SpawnedChild.sleepPath)
    kill(child.pid, SIGCONT)
    try child.awaitComm("sleep")
    #expect(try handle.stat().startTicks == handle.identity.startTicks)
    // So the program has to be compared as well.
    #expect(try handle.executable()?.path == SpawnedChild.sleepPath)
  }

  @Test("No process has these pids", arguments: [Int32.max, 0, -1, .min])
  func noPid(pid: Int32) throws {
    #expect(try !Self.open(ProcessIdentity(bootID: "test", pid: pid, startTicks: 0)))
  }

  @Test("A thread is no process")
  func thread() throws {
    let tasks: FilePath = "/proc/self/task"
    for thread in try ProcessScan(of: tasks, where: { _ in true }).pids where thread != getpid() {
      let stat = try FileReader.bytes(at: tasks.appending("\(thread)/stat"), limitBytes: 1 << 16)
      let startTicks = try ProcStat(parsing: stat).startTicks
      #expect(try !Self.open(ProcessIdentity(bootID: "test", pid: thread, startTicks: startTicks)))
    }
  }

  @Test("Without the right to signal it, the error says so", .enabled(if: geteuid() == 0))
  func forbidden() async throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    let start = try child.startTicks
    await #expect(processExitsWith: .success) { [pid = child.pid as Int32, start = start as UInt64] in
      guard setgroups(0, nil) == 0, setregid(10001, 10001) == 0, setreuid(10001, 10001) == 0 else {
        throw Errno(rawValue: errno)
      }
      let identity = ProcessIdentity(bootID: "test", pid: pid, startTicks: start)
      let handle = try HeldProcess(identity)
      let error = #expect(throws: HostError.self) { try handle.send(SIGUSR1) }
      #expect(error == .process(pid: pid, call: "pidfd_send_signal", .notPermitted))
      #expect(error?.isForbidden == true)
      #expect(error?.isProcessGone == false)
    }
    #expect(try ProcStat(parsing: child.bytes(of: "stat")).state != UInt8(ascii: "Z"))
  }

  @Test("A pid that is used again belongs to another: nothing is sent to it", .enabled(if: isTestMachine))
  func reused() throws {
    let first = try SpawnedChild.sleep()
    defer { first.end() }
    let identity = try first.identity
    let handle = try HeldProcess(identity)
    first.end()
    // Start times are told apart by 10 ms.
    usleep(50_000)
    let second = try #require(try SpawnedChild.sleep(withPid: first.pid))
    defer { second.end() }
    #expect(handle.hasEnded)
    #expect(throws: HostError.process(pid: first.pid, call: "pidfd_send_signal", .noSuchProcess)) {
      try handle.send(SIGUSR1)
    }
    #expect(throws: HostError.self) { try handle.stat() }
    #expect(try !Self.open(identity))
    #expect(try Self.open(second.identity))
    #expect(try ProcStat(parsing: second.bytes(of: "stat")).state != UInt8(ascii: "Z"))
    #expect(kill(second.pid, 0) == 0)
  }
}

extension SpawnedChild {
  /// A child that gets this very pid, where it is free; only in a machine whose pids are its own.
  static func sleep(withPid pid: Int32) throws -> SpawnedChild? {
    // Other tests start processes meanwhile, so it takes some attempts; proc_sys_kernel(5).
    for _ in 0..<500 {
      try write("\(pid - 1)", to: "/proc/sys/kernel/ns_last_pid")
      let child = try sleep()
      if child.pid == pid { return child }
      child.end()
    }
    return nil
  }
}
