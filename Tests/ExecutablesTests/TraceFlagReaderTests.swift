import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Executables
@testable import Processes

/// A stand-in that this test started, and ends.
private final class StandIn {
  private let child: Child
  private let folder: ELFFileSample
  var pid: Int32 { child.pid }

  init(_ executable: String) throws {
    folder = try ELFFileSample()
    child = try Child(executable, environment: ["STANDIN_TRUTH_FILE": folder.path("truth").string])
    _ = folder.path("truth.\(pid)")
    try wait("ready") { self.truth != nil }
  }

  func end() { child.end() }

  /// What the stand-in itself says.
  var truth: Bool? {
    let file = folder.path("truth.\(pid)")
    guard let bytes = try? FileReader.bytes(at: file, limitBytes: 100) else { return nil }
    switch String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).last {
    case "true": return true
    case "false": return false
    default: return nil
    }
  }

  func signal(_ number: Int32) { child.signal(number) }

  func wait(_ what: String, until isSo: () throws -> Bool) throws {
    guard try eventually(30, isSo) else { throw NotInTime(what: what) }
  }

  struct NotInTime: Error { let what: String }

  func directory() throws -> ProcessDirectory {
    guard let directory = try ProcessDirectory.open(pid: pid, proc: "/proc") else {
      throw Errno.noSuchProcess
    }
    return directory
  }
}

private let fixtures = getenv("PLACEOS_LOGLEVEL_FIXTURES").map { String(cString: $0) }

@Suite("The level of a real process", .enabled(if: fixtures != nil))
struct TraceFlagReaderTests {
  static func path(_ name: String) -> String { (fixtures ?? "") + "/" + name }

  @Test(
    "is what the process itself says, after each of several signals",
    arguments: ["toggle", "driver"], ["dynamic", "static", "release"])
  func truth(_ dialect: String, _ build: String) throws {
    let child = try StandIn(Self.path("\(dialect)-\(build)"))
    let directory = try child.directory()
    var cache = SymbolCache()
    let reader = try TraceFlagReader(process: directory, cache: &cache)
    #expect(reader.executable.traceFlag?.kind == (dialect == "toggle" ? .logBackend : .driver))
    #expect(reader.executable.hasPlaceOSNamespace)
    #expect(reader.executable.isPositionIndependent == (build != "static"))
    #expect(cache.entries.count == 1)
    #expect(try reader.read() == false)
    var level = false
    for _ in 0..<8 {
      child.signal(SIGUSR1)
      level.toggle()
      try child.wait("flipped") { try reader.read() == level }
      try child.wait("told") { child.truth == level }
      #expect(try reader.read(of: directory) == level)
      usleep(10_000)
    }
    // Another reader, with the cache, finds the same.
    let again = try TraceFlagReader(process: directory, cache: &cache)
    #expect(try again.executable == reader.executable && again.flag?.get() == reader.flag?.get())
  }

  @Test("can be read while the process is stopped with a signal pending")
  func stopped() throws {
    let child = try StandIn(Self.path("toggle-dynamic"))
    let directory = try child.directory()
    var cache = SymbolCache()
    let reader = try TraceFlagReader(process: directory, cache: &cache)
    child.signal(SIGSTOP)
    child.signal(SIGUSR1)
    usleep(50_000)
    #expect(try reader.read(of: directory) == false)
    child.signal(SIGCONT)
    try child.wait("flipped") { try reader.read() == true }
  }

  @Test(
    "is not in the memory of latch services, nor of any stripped executable",
    arguments: [
      "latch-dynamic", "latch-static", "latch-release", "toggle-stripped", "latch-stripped",
    ])
  func noFlag(_ name: String) throws {
    let child = try StandIn(Self.path(name))
    var cache = SymbolCache()
    let reader = try TraceFlagReader(process: try child.directory(), cache: &cache)
    let isStripped = name.hasSuffix("stripped")
    #expect(reader.flag == nil)
    #expect(try reader.read() == nil)
    #expect(reader.executable.isStripped == isStripped)
    #expect(reader.executable.hasPlaceOSNamespace == !isStripped)
    #expect(reader.executable.traceFlagProblem == nil)
    #expect(cache.entries.isEmpty)
  }

  @Test("is an error once the process has ended, whoever gets its pid")
  func ended() throws {
    let child = try StandIn(Self.path("toggle-static"))
    let directory = try child.directory()
    var cache = SymbolCache()
    let reader = try TraceFlagReader(process: directory, cache: &cache)
    child.end()
    #expect(throws: HostError.process(pid: child.pid, call: "process_vm_readv", .noSuchProcess)) {
      try reader.read()
    }
    #expect(throws: HostError.self) { try reader.read(of: directory) }
    do {
      _ = try TraceFlagReader(process: directory, cache: &cache)
      Issue.record("a process that has ended was read")
    } catch {
      #expect(error.isProcessGone)
    }
  }

  @Test("is not read of another process, even where the address would do")
  func otherProcess() throws {
    // Two of one fixed executable have the flag at one address; only the folder tells them apart.
    let first = try StandIn(Self.path("toggle-static"))
    let second = try StandIn(Self.path("driver-static"))
    var cache = SymbolCache()
    let reader = try TraceFlagReader(process: try first.directory(), cache: &cache)
    let directory = try second.directory()
    #expect(throws: HostError.process(pid: second.pid, call: "stat", .staleNFSFileHandle)) {
      try reader.read(of: directory)
    }
  }
}
