import Glibc
import Processes
import SystemPackage
import Testing
import Text

@testable import Ledger

@Suite("The lock")
struct LedgerLockTests {
  @Test("one holder at a time: the second is told the first one's pid, after its timeout")
  func busy() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let lock = try directory.lock(timeout: .zero)
      for timeout in [Duration.zero, .milliseconds(150)] {
        let start = BootTime.now()
        let error = failure { () throws(LedgerError) in _ = try directory.lock(timeout: timeout) }
        let took = (BootTime.now() - start)
        #expect(error == .busy(path: directory.lockPath, holderPID: getpid()))
        #expect(took >= timeout)
      }
      lock.end()
      _ = try directory.lock(timeout: .zero)
      #expect(contents(of: directory.lockPath) == [])
    }
  }

  @Test(
    "a holder's nonsense in the lock file is no pid",
    arguments: ["", "\n", "12", "x\n", "-1\n", "0\n", "99999999999999999999\n"])
  func nonsense(_ text: String) async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let lock = try directory.lock(timeout: .zero)
      put(text.utf8, at: directory.lockPath)
      #expect(throws: LedgerError.busy(path: directory.lockPath, holderPID: nil)) {
        _ = try directory.lock(timeout: .zero)
      }
      lock.end()
    }
  }

  @Test("a killed holder's lock is free at once")
  func killed() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      async let child = #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.string as String] in
        alarm(120)
        let directory = try StateDirectory.open(at: FilePath(path), create: false, ownerID: geteuid())!
        let transaction = try directory.lock(timeout: .zero).begin()
        var signals = 0
        while signals < 1000 { signals += pause() == -1 ? 1 : 0 }
        transaction.end()
      }
      var holder: Int32?
      for _ in 0..<5000 where holder == nil {
        try await Task.sleep(for: .milliseconds(20))
        if contents(of: directory.lockPath)?.isEmpty ?? true { continue }
        let error = failure { () throws(LedgerError) in _ = try directory.lock(timeout: .zero) }
        if case .busy(_, let pid) = error { holder = pid }
      }
      let pid = try #require(holder)
      #expect(pid != getpid())
      kill(pid, SIGKILL)
      _ = await child
      _ = try directory.lock(timeout: .zero)
    }
  }

  @Test("a lock on a file that was removed is worth nothing")
  func removed() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let lock = try directory.lock(timeout: .zero)
      let file = open(directory.lockPath.string, O_RDWR | O_CLOEXEC)
      unlink(directory.lockPath.string)
      #expect(!directory.files.name("lock", refersTo: FileDescriptor(rawValue: file)))
      close(file)
      let second = try directory.lock(timeout: .zero)
      #expect(throws: LedgerError.self) { _ = try directory.lock(timeout: .zero) }
      second.end()
      lock.end()
    }
  }

  @Test("the lock and all other descriptors are closed in children")
  func closeOnExec() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let lock = try directory.lock(timeout: .zero)
      var open = 0
      for name in names(in: "/proc/self/fd") {
        guard let raw = Int32(name) else { continue }
        var target = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(raw)", &target, target.count)
        guard count > 0, String(decoding: target[..<count], as: UTF8.self).hasPrefix(scratch.string)
        else { continue }
        open += 1
        #expect(fcntl(raw, F_GETFD) & FD_CLOEXEC != 0)
      }
      #expect(open == 2)
      lock.end()
    }
  }

  @Test("64 writers in four processes, each adding one entry: none is lost")
  func writers() async throws {
    try await withScratch { scratch in
      await withTaskGroup(of: Void.self) { group in
        for process in 0..<4 {
          group.addTask {
            await #expect(processExitsWith: .success) {
              [path = scratch.string as String, process = process as Int] in
              alarm(120)
              concurrently(16) { thread in
                do {
                  let directory = try StateDirectory.open(
                    at: FilePath(path), create: false, ownerID: geteuid())!
                  var transaction = try directory.lock(timeout: .seconds(60)).begin()
                  var state = transaction.state ?? LedgerState(bootID: bootID)
                  state.upsert(fullEntry(pid: Int32(1000 + process * 16 + thread)))
                  try transaction.writeState(state)
                } catch {
                  exit(1)
                }
              }
            }
          }
        }
      }
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let state = try #require(try directory.readState())
      #expect(state.entries.map(\.identity.pid).sorted() == Array(1000..<1064))
      #expect(names(in: scratch) == ["lock", "state.json"])
    }
  }
}
