import Glibc
import Processes
import SystemPackage
import TestSupport
import Testing

@testable import Ledger
@testable import Text

@Suite("The state directory")
struct StateDirectoryTests {
  private func refusal(at path: FilePath, create: Bool = true, ownerID: UInt32 = me) -> LedgerError? {
    failure { () throws(LedgerError) in
      _ = try StateDirectory.open(at: path, create: create, ownerID: ownerID)
    }
  }

  @Test("it is made with mode 0700, and only where that is asked for")
  func create() async throws {
    try await withScratch { scratch in
      let path = scratch.appending("state")
      #expect(try StateDirectory.open(at: path, create: false, ownerID: me) == nil)
      #expect(names(in: scratch) == [])
      let directory = try #require(try StateDirectory.open(at: path, create: true, ownerID: me))
      #expect(permissions(of: path) == 0o700)
      #expect(try directory.readState() == nil)
      #expect(try directory.readLastRevertRun() == nil)
      #expect(names(in: path) == [])
      #expect(try StateDirectory.open(at: path, create: false, ownerID: me) != nil)
      #expect(try StateDirectory.open(at: path.appending("."), create: true, ownerID: me) != nil)
    }
  }

  @Test("a missing parent is named")
  func parentMissing() async throws {
    try await withScratch { scratch in
      let path = scratch.appending("a/b")
      #expect(refusal(at: path) == .parentMissing(path: path, parent: scratch.appending("a")))
      #expect(names(in: scratch) == [])
    }
  }

  @Test("a link to a directory is refused, in whatever way it is written")
  func link() async throws {
    try await withScratch { scratch in
      let path = scratch.appending("link")
      let target = scratch.appending("target")
      mkdir(target.string, 0o700)
      symlink(target.string, path.string)
      for form in [path, FilePath(path.string + "/"), path.appending("."), path.appending("./.")] {
        for create in [true, false] {
          #expect(refusal(at: form, create: create) == .refused(path: path, .symbolicLink))
        }
      }
      unlink(path.string)
      symlink("/nowhere/at/all", path.string)
      #expect(refusal(at: path) == .refused(path: path, .symbolicLink))
      #expect(refusal(at: path, create: false) == .refused(path: path, .symbolicLink))
      #expect(names(in: target) == [])
    }
  }

  @Test("a file or a pipe in its place is refused and kept")
  func notADirectory() async throws {
    try await withScratch { scratch in
      let path = scratch.appending("state")
      put("precious".utf8, at: path)
      #expect(refusal(at: path) == .refused(path: path, .notDirectory))
      #expect(refusal(at: path, create: false) == .refused(path: path, .notDirectory))
      #expect(contents(of: path) == Array("precious".utf8))
      let pipe = scratch.appending("pipe")
      mkfifo(pipe.string, 0o600)
      #expect(refusal(at: pipe) == .refused(path: pipe, .notDirectory))
    }
  }

  @Test(
    "a wider mode than 0700 is refused and not narrowed",
    arguments: [0o701, 0o710, 0o750, 0o755, 0o777, 0o1700, 0o2700] as [UInt32])
  func wide(_ mode: UInt32) async throws {
    try await withScratch { scratch in
      _ = try StateDirectory.open(at: scratch.appending("new"), create: true, ownerID: me)
      chmod(scratch.string, mode)
      #expect(refusal(at: scratch) == .refused(path: scratch, .permissions(found: mode, allowed: 0o700)))
      #expect(permissions(of: scratch) == mode)
      chmod(scratch.string, 0o700)
    }
  }

  @Test("an empty one of mode 0755, as a container engine makes it, is narrowed by who would make it")
  func new() async throws {
    try await withScratch { scratch in
      chmod(scratch.string, 0o755)
      #expect(
        refusal(at: scratch, create: false)
          == .refused(path: scratch, .permissions(found: 0o755, allowed: 0o700)))
      #expect(refusal(at: scratch) == nil)
      #expect(permissions(of: scratch) == 0o700)
    }
  }

  @Test("another owner is refused")
  func owner() async throws {
    try await withScratch { scratch in
      let other = me + 1
      #expect(
        refusal(at: scratch, ownerID: other)
          == .refused(path: scratch, .owner(found: me, required: other)))
      if isRoot {
        chown(scratch.string, 12345, 0)
        #expect(refusal(at: scratch) == .refused(path: scratch, .owner(found: 12345, required: me)))
      }
    }
  }

  static let fileNames = ["state.json", "lock", "revert.json"]

  /// Uses the file `name` in the way in which the program does.
  private func use(_ name: String, in directory: StateDirectory) -> LedgerError? {
    failure { () throws(LedgerError) in
      switch name {
      case "state.json":
        do throws(LedgerError) { _ = try directory.readState() } catch {
          // Whoever wants to write meets the same error, and cannot.
          let again = failure { () throws(LedgerError) in
            _ = try directory.lock(timeout: .zero).begin()
          }
          #expect(again == error)
          throw error
        }
      case "lock": _ = try directory.lock(timeout: .zero)
      default: _ = try directory.readLastRevertRun()
      }
    }
  }

  @Test(
    "a file that is a link, a pipe, a directory, hard-linked, too open or too long is refused",
    arguments: fileNames)
  func files(_ name: String) async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let path = scratch.appending(name)
      let content = try bytes(of: sample)
      let target = scratch.appending("target")
      put(content, at: target)

      symlink(target.string, path.string)
      #expect(use(name, in: directory) == .refused(path: path, .symbolicLink))
      unlink(path.string)
      symlink("/nowhere/at/all", path.string)
      #expect(use(name, in: directory) == .refused(path: path, .symbolicLink))
      unlink(path.string)

      mkfifo(path.string, 0o600)
      #expect(use(name, in: directory) == .refused(path: path, .notRegularFile))
      unlink(path.string)

      mkdir(path.string, 0o700)
      #expect(use(name, in: directory) == .refused(path: path, .notRegularFile))
      rmdir(path.string)

      #expect(Glibc.link(target.string, path.string) == 0)
      #expect(use(name, in: directory) == .refused(path: path, .linked(count: 2)))
      unlink(path.string)

      for mode in [0o640, 0o604, 0o622, 0o666, 0o4600] as [UInt32] {
        put(content, at: path, mode: mode)
        #expect(
          use(name, in: directory)
            == .refused(path: path, .permissions(found: mode, allowed: 0o600)))
        #expect(permissions(of: path) == mode)
      }
      if isRoot {
        put(content, at: path)
        chown(path.string, 12345, 0)
        #expect(use(name, in: directory) == .refused(path: path, .owner(found: 12345, required: me)))
        chown(path.string, 0, 0)
      }
      #expect(contents(of: path) == content)
      #expect(contents(of: target) == content)
      if name != "lock" {
        put(repeatElement(UInt8(ascii: " "), count: StateDirectory.limitBytes + 1), at: path)
        #expect(use(name, in: directory) == .tooLarge(path: path, limitBytes: StateDirectory.limitBytes))
      }
    }
  }

  @Test("a damaged or newer state file can be replaced by nobody, and stays as it is")
  func damaged() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      for text in ["", "{", "{\"schema_version\": 2}"] {
        put(text.utf8, at: directory.statePath)
        #expect(throws: LedgerError.self) { try directory.readState() }
        #expect(throws: LedgerError.self) { _ = try directory.lock(timeout: .zero).begin() }
        #expect(contents(of: directory.statePath) == Array(text.utf8))
      }
    }
  }

  @Test("what one writes, the next one reads, with modes 0600")
  func writes() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      var transaction = try directory.lock(timeout: .zero).begin()
      #expect(transaction.state == nil)
      try transaction.writeState(LedgerState(bootID: bootID))
      try transaction.writeState(sample)
      #expect(transaction.state == sample)
      transaction.end()
      #expect(try directory.readState() == sample)
      let run = RevertRun(bootID: bootID, clock: HostClock(boottime: .distantFuture, wall: 7))
      try directory.writeLastRevertRun(run)
      #expect(try directory.readLastRevertRun() == run)
      #expect(names(in: scratch) == ["lock", "revert.json", "state.json"])
      for name in Self.fileNames { #expect(permissions(of: scratch.appending(name)) == 0o600) }
    }
  }

  @Test("a state that cannot be read back or is too large leaves file and transaction as they were")
  func unrecordable() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      var transaction = try directory.lock(timeout: .zero).begin()
      try transaction.writeState(sample)
      let huge = fullEntry(reason: String(repeating: "x", count: StateDirectory.limitBytes))
      for bad in [bareEntry(pid: 0), huge] {
        var state = sample
        state.upsert(bad)
        do throws(LedgerError) {
          try transaction.writeState(state)
          Issue.record("written")
        } catch {}
        #expect(transaction.state == sample)
      }
      #expect(try directory.readState() == sample)
    }
  }

  @Test("what fills the file leaves room to take back")
  func reserve() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      var transaction = try directory.lock(timeout: .zero).begin()
      let limitBytes = StateDirectory.limitBytes - StateDirectory.reserveBytes
      func state(_ reasonBytes: Int) -> LedgerState {
        LedgerState(bootID: bootID, entries: [fullEntry(reason: String(repeating: "x", count: reasonBytes))])
      }
      let fixedBytes = try state(0).fileBytes(path: samplePath).count
      try transaction.writeState(state(limitBytes - fixedBytes), usingReserve: false)
      let more = state(limitBytes - fixedBytes + 1)
      let failed = failure { () throws(LedgerError) in
        try transaction.writeState(more, usingReserve: false)
      }
      #expect(failed == .tooLarge(path: directory.statePath, limitBytes: limitBytes))
      try transaction.writeState(more, usingReserve: true)
      #expect(try directory.readState() == more)
    }
  }

  @Test("a run file that was cut is an error, and the next run mends it")
  func revertRun() async throws {
    try await withScratch { scratch in
      let directory = try #require(try StateDirectory.open(at: scratch, create: false, ownerID: me))
      let run = RevertRun(bootID: bootID, clock: HostClock(boottime: 1, wall: 2))
      try directory.writeLastRevertRun(run)
      let whole = try #require(contents(of: directory.revertPath))
      for length in 0..<(whole.count - 1) {
        #expect(throws: LedgerError.self) {
          try RevertRun(parsing: Array(whole[..<length]), path: samplePath)
        }
      }
      put("{".utf8, at: directory.revertPath)
      #expect(throws: LedgerError.self) { try directory.readLastRevertRun() }
      try directory.writeLastRevertRun(run)
      #expect(try directory.readLastRevertRun() == run)
    }
  }
}
