import Glibc
import Processes
import SystemPackage
import TestSupport
import Testing

@testable import Ledger

/// A state of which every part says `generation`.
private func state(generation: Int) -> LedgerState {
  LedgerState(
    bootID: bootID, entries: (0..<20).map { fullEntry(pid: 100 + $0, reason: "generation \(generation)") })
}

/// A call that glibc's Swift module lacks.
private func call<Function>(_ name: String, as type: Function.Type) -> Function {
  unsafeBitCast(dlsym(nil, name), to: type)
}

/// Gives the calling thread its own view of the mounts and puts an empty tmpfs of 64 KiB at `path`.
private func mountTmpfs(at path: String) {
  let unshare = call("unshare", as: (@convention(c) (Int32) -> Int32).self)
  precondition(unshare(0x20000) == 0)  // CLONE_NEWNS
  precondition(mount("none", "/", nil, UInt(MS_REC) | UInt(MS_PRIVATE), nil) == 0)
  precondition(mount("tmpfs", path, "tmpfs", 0, "size=64k,mode=0700") == 0)
}

@Suite("Replacing a file")
struct ReplaceTests {
  @Test("a writer killed at any time leaves the old state or the new, a free lock, and litter not for long")
  func killedWriters() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      var last = -1
      var rounds = 0
      // On a busy machine a writer may be killed before it has written anything.
      while rounds < 12 || (last <= 0 && rounds < 500) {
        rounds += 1
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.string as String] in
          alarm(30)
          let directory = try StateDirectory.open(at: FilePath(path), create: false, ownerID: geteuid())!
          let first = try directory.readState().map { Int($0.entries[0].reason!.dropFirst(11))! } ?? 0
          try directory.lock(timeout: .zero).end()
          concurrently(2) { thread in
            if thread == 0 {
              usleep(.random(in: 1000...20_000))
              kill(getpid(), SIGKILL)
            }
            var generation = first
            while true {
              generation += 1
              var transaction = try! directory.lock(timeout: .zero).begin()
              try! transaction.writeState(state(generation: generation))
            }
          }
        }
        if let found = try directory.readState() {
          let generation = try #require(Int(found.entries[0].reason!.dropFirst(11)))
          #expect(found == state(generation: generation))
          #expect(generation >= last)
          last = generation
        }
        _ = try directory.lock(timeout: .zero).begin()
        #expect(names(in: scratch).filter { $0 != "lock" && $0 != "state.json" } == [])
      }
      #expect(last > 0)
    }
  }

  @Test("leftovers of killed writers go with the next transaction; a living writer's file and others stay")
  func leftovers() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      put("half".utf8, at: scratch.appending(".tmp-state.json-1"))
      put("half".utf8, at: scratch.appending(".tmp-revert.json-2"))
      put("mine".utf8, at: scratch.appending("notes"))
      symlink("notes", scratch.appending(".tmp-link").string)
      let living = scratch.appending(".tmp-revert.json-3")
      put("half".utf8, at: living)
      let file = open(living.string, O_RDONLY | O_CLOEXEC)
      #expect(flock(file, LOCK_EX) == 0)
      _ = try directory.lock(timeout: .zero).begin()
      #expect(names(in: scratch) == [".tmp-link", ".tmp-revert.json-3", "lock", "notes"])
      close(file)
      // A program that another test starts at this moment has the file too, until its execve(2).
      let isGone = try eventually {
        _ = try directory.lock(timeout: .zero).begin()
        return names(in: scratch) == [".tmp-link", "lock", "notes"]
      }
      #expect(isGone)
    }
  }

  @Test("a write that fails half-way leaves the old state and no temporary file")
  func halfWay() async throws {
    try await withScratch { scratch in
      await #expect(processExitsWith: .success) { [path = scratch.string as String] in
        let directory = try StateDirectory.open(at: FilePath(path), create: false, ownerID: geteuid())!
        var transaction = try directory.lock(timeout: .zero).begin()
        try transaction.writeState(sample)
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
        precondition(setrlimit(__rlimit_resource_t(1), &limit) == 0)  // RLIMIT_FSIZE
        do throws(LedgerError) {
          try transaction.writeState(state(generation: 1))
          exit(1)
        } catch {
          precondition(error == .unwritable(path: directory.statePath, call: "write", .fileTooLarge))
        }
        precondition(transaction.state == sample)
        let found = try directory.readState()
        precondition(found == sample)
        precondition(names(in: directory.path) == ["lock", "state.json"])
      }
    }
  }

  @Test("what cannot be renamed over is left alone")
  func directoryInTheWay() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      mkdir(directory.revertPath.string, 0o700)
      let run = RevertRun(bootID: bootID, clock: HostClock(boottime: 1, wall: 2))
      #expect(
        throws: LedgerError.unwritable(path: directory.revertPath, call: "rename", .isDirectory)
      ) { try directory.writeLastRevertRun(run) }
      #expect(names(in: scratch) == ["revert.json"])
    }
  }

  @Test(
    "files have mode 0600 and directories 0700 under any umask", .enabled(if: isRoot),
    arguments: [0, 0o777] as [UInt32])
  func umasks(_ mask: UInt32) async throws {
    try await withScratch { scratch in
      await #expect(processExitsWith: .success) { [path = scratch.string as String, mask = mask as UInt32] in
        umask(mask)
        let directory = try StateDirectory.open(
          at: FilePath(path).appending("state"), create: true, ownerID: geteuid())!
        var transaction = try directory.lock(timeout: .zero).begin()
        try transaction.writeState(sample)
        try directory.writeLastRevertRun(
          RevertRun(bootID: bootID, clock: HostClock(boottime: 1, wall: 2)))
        try History(path: FilePath(path).appending("log/history.jsonl"), ownerID: geteuid())
          .append(historyEntry(7))
      }
      for name in ["state", "log"] { #expect(permissions(of: scratch.appending(name)) == 0o700) }
      for name in ["state/lock", "state/state.json", "state/revert.json", "log/history.jsonl"] {
        #expect(permissions(of: scratch.appending(name)) == 0o600)
      }
    }
  }

  @Test(
    "a full disk leaves the old state and no temporary file, and is written again when there is room",
    .enabled(if: mayMount))
  func fullDisk() async throws {
    try await withScratch { scratch in
      await #expect(processExitsWith: .success) { [path = scratch.string as String] in
        mountTmpfs(at: path)
        let directory = try StateDirectory.open(at: FilePath(path), create: false, ownerID: 0)!
        var transaction = try directory.lock(timeout: .zero).begin()
        try transaction.writeState(sample)
        let history = History(path: FilePath(path).appending("history.jsonl"))
        try history.append(historyEntry(7))
        let ballast = FilePath(path).appending("ballast")
        let raw = open(ballast.string, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        while write(raw, [0], 1) == 1 {}
        do throws(LedgerError) {
          try transaction.writeState(state(generation: 1))
          exit(1)
        } catch {
          precondition(error == .unwritable(path: directory.statePath, call: "write", .noSpace))
        }
        let found = try directory.readState()
        precondition(found == sample && transaction.state == sample)
        precondition(names(in: directory.path) == ["ballast", "history.jsonl", "lock", "state.json"])
        // Fills the page that the file has, and then no more: the last line is written in part.
        var full: LedgerError?
        while full == nil { full = failure { () throws(LedgerError) in try history.append(historyEntry(8)) } }
        precondition(full == .unwritable(path: history.path, call: "write", .noSpace))
        let torn = try history.all()
        unlink(ballast.string)
        close(raw)
        try transaction.writeState(state(generation: 1))
        try history.append(historyEntry(9))
        let (entries, damagedLines, _) = try history.all()
        precondition(entries == torn.entries + [historyEntry(9)])
        precondition(damagedLines == torn.damagedLines && damagedLines == 1)
      }
    }
  }

  @Test(
    "a read-only file system is an error that names the file, and reading still works",
    .enabled(if: mayMount))
  func readOnly() async throws {
    try await withScratch { scratch in
      await #expect(processExitsWith: .success) { [path = scratch.string as String] in
        mountTmpfs(at: path)
        let directory = try StateDirectory.open(at: FilePath(path), create: false, ownerID: 0)!
        let history = History(path: FilePath(path).appending("history.jsonl"))
        try history.append(historyEntry(7))
        var transaction = try directory.lock(timeout: .zero).begin()
        try transaction.writeState(sample)
        transaction.end()
        precondition(
          mount("none", path, nil, UInt(MS_REMOUNT) | UInt(MS_BIND) | UInt(MS_RDONLY), nil) == 0)
        let again = try StateDirectory.open(at: FilePath(path), create: true, ownerID: 0)!
        let found = try again.readState()
        precondition(found == sample)
        // The lock can be had, since it is there; what it is for cannot be written.
        var second = try again.lock(timeout: .zero).begin()
        let written = failure { () throws(LedgerError) in try second.writeState(LedgerState(bootID: bootID)) }
        guard case .unwritable(_, _, .readOnlyFileSystem) = written else { preconditionFailure() }
        precondition(second.state == sample)
        let other = failure { () throws(LedgerError) in _ = try again.lock(timeout: .zero) }
        guard case .busy = other else { preconditionFailure() }
        second.end()
        let appended = failure { () throws(LedgerError) in try history.append(historyEntry(8)) }
        precondition(appended == .unwritable(path: history.path, call: "open", .readOnlyFileSystem))
        let run = RevertRun(bootID: bootID, clock: HostClock(boottime: 1, wall: 2))
        let left = failure { () throws(LedgerError) in try again.writeLastRevertRun(run) }
        precondition(left == .unwritable(path: again.revertPath, call: "open", .readOnlyFileSystem))
        let made = failure { () throws(LedgerError) in
          _ = try StateDirectory.open(at: FilePath(path).appending("new"), create: true)
        }
        precondition(
          made == .unwritable(path: FilePath(path).appending("new"), call: "mkdir", .readOnlyFileSystem))
      }
    }
  }
}
