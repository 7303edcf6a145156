import Glibc
import PlaceOS
import Processes
import SystemPackage
import TestSupport
import Testing
import Text

@testable import Switching

/// The folder with the stand-ins that `Tests/Fixtures/build` made.
private let fixtures = getenv("PLACEOS_LOGLEVEL_FIXTURES").map { String(cString: $0) }

/// A stand-in whose output is a file.
private final class StandIn {
  private let child: Child
  let folder: ScratchFolder
  let started: WallTime
  var pid: Int32 { child.pid }

  init(_ executable: String, _ settings: [String], folder: ScratchFolder? = nil) throws {
    self.folder = try folder ?? ScratchFolder()
    child = try Child(
      FilePath(executable), environment: settings + ["STANDIN_TRUTH_FILE=\(self.folder.path)/truth"],
      output: "\(self.folder.path)/log")
    started = try StandIn.started(child.pid)
    try wait { self.truth != nil }
  }

  /// `#require` does not take what cannot be copied.
  private static func process(_ pid: Int32) throws -> ProcessDirectory {
    guard let process = try ProcessDirectory.open(pid: pid, proc: "/proc") else { throw Errno.noSuchProcess }
    return process
  }

  private static func started(_ pid: Int32) throws -> WallTime {
    let process = try StandIn.process(pid)
    return HostClock.now().wall(at: try process.stat().started)
  }

  deinit { end() }

  func end() { child.end() }

  var truth: Bool? {
    guard let bytes = try? FileReader.bytes(at: FilePath("\(folder.path)/truth.\(pid)"), limitBytes: 100)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self).hasSuffix("true\n")
  }

  func wait(until isSo: () throws -> Bool) throws {
    if try !eventually(30, isSo) { Issue.record("not so after 30 s") }
  }

  func level(_ kind: Service.Kind, writer: LogWriter = .only) throws -> LoggedLevel {
    let process = try StandIn.process(pid)
    let level = try LoggedLevel(
      process, kind: kind, container: nil, writer: writer, program: "dispatch", started: started)
    return try #require(level)
  }

  func debug(_ level: inout LoggedLevel) throws -> Bool? {
    let process = try StandIn.process(pid)
    return try level.find(of: process, now: HostClock.now().wall).debug
  }
}

@Suite(.enabled(if: fixtures != nil), .serialized) struct LoggedLevelTests {
  private func executable(_ name: String) throws -> String { try #require(fixtures) + "/" + name }

  /// The line has the time to the second: one written in the second of the start may be another process's.
  private func waitForTheNextSecond() { usleep(1_100_000) }

  @Test(arguments: ["toggle", "driver"], ["json", "line"])
  func levelIsTheTruthAfterEachSignal(dialect: String, format: String) throws {
    let child = try StandIn(
      executable("\(dialect)-stripped"), ["PLACE_LOG_FORMAT=\(format)", "LOG_LEVEL=warn"])
    let kind: Service.Kind = dialect == "driver" ? .driver : .service
    waitForTheNextSecond()
    var level = try child.level(kind)
    var fresh = try child.level(kind)
    #expect(try child.debug(&level) == nil)
    for round in 0..<10 {
      let wanted = round % 2 == 0
      kill(child.pid, SIGUSR1)
      try child.wait { child.truth == wanted }
      try child.wait { try child.debug(&level) == wanted }
      fresh = try child.level(kind)
      #expect(try child.debug(&fresh) == wanted)
      var named = try child.level(kind, writer: .named("\(dialect)-stripped"))
      #expect(try child.debug(&named) == wanted)
      var other = try child.level(kind, writer: .named("another"))
      #expect(try child.debug(&other) == nil)
      usleep(10_000)
    }
  }

  @Test(arguments: ["plain", "lines"], ["production", "development"])
  func latchTellsWhereItCan(messages: String, mode: String) throws {
    let child = try StandIn(executable("latch-stripped"), ["STANDIN_MESSAGES=\(messages)", "SG_ENV=\(mode)"])
    waitForTheNextSecond()
    var level = try child.level(.service)
    #expect(try child.debug(&level) == nil)
    for (signal, wanted) in [(SIGUSR1, true), (SIGUSR2, false)] {
      kill(child.pid, signal)
      try child.wait { child.truth == wanted }
      try child.wait { try child.debug(&level) == wanted }
    }
  }

  @Test func driverThatLogsTheWayOutOnlyIsNeverToldWrong() throws {
    let child = try StandIn(executable("driver-stripped"), ["STANDIN_MESSAGES=filtered"])
    waitForTheNextSecond()
    var level = try child.level(.driver)
    for round in 0..<6 {
      let wanted = round % 2 == 0
      kill(child.pid, SIGUSR1)
      try child.wait { child.truth == wanted }
      usleep(20_000)
      let debug = try child.debug(&level)
      #expect(debug == nil || debug == wanted)
    }
  }

  @Test func restartedProcessDoesNotInheritTheLevelOfTheLast() throws {
    let first = try StandIn(executable("toggle-stripped"), [])
    waitForTheNextSecond()
    kill(first.pid, SIGUSR1)
    try first.wait { first.truth == true }
    usleep(20_000)
    first.end()
    let second = try StandIn(executable("toggle-stripped"), [], folder: first.folder)
    for _ in 0..<3 {
      var level = try second.level(.service)
      #expect(try second.debug(&level) == nil)
      usleep(600_000)
    }
    kill(second.pid, SIGUSR1)
    try second.wait { second.truth == true }
    var level = try second.level(.service)
    try second.wait { try second.debug(&level) == true }
    second.end()
  }
}
