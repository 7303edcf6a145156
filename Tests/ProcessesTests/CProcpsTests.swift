import CProcps
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Processes
@testable import Text

/// What cprocps.h promises, whatever library stands behind it.
@Suite("The door to the procps library")
struct CProcpsTests {
  struct Detail: Equatable {
    let pid: Int32
    let startTicks: UInt64
    let comm: [UInt8]
    let groups: [[UInt8]]
  }

  static func withReader<Value>(_ body: ((Int32) throws -> Detail?) throws -> Value) throws -> Value {
    var code: Int32 = 0
    guard let reader = cprocps_reader_open(&code) else { throw Errno(rawValue: code) }
    defer { cprocps_reader_close(reader) }
    return try body { pid in
      var detail = cprocps_detail()
      let result = cprocps_reader_read(reader, pid, &detail)
      if result == 0 { return nil }
      guard result == 1 else { throw Errno(rawValue: errno) }
      return Detail(
        pid: detail.pid, startTicks: detail.start_ticks, comm: bytes(detail.comm),
        groups: vector(detail.cgroups))
    }
  }

  static func read(_ pid: Int32) throws -> Detail? { try withReader { try $0(pid) } }

  private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
    guard let text else { return [] }
    return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }

  private static func vector(_ vector: UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> [[UInt8]] {
    guard var next = vector else { return [] }
    var words: [[UInt8]] = []
    while let word = next.pointee {
      words.append(bytes(word))
      next += 1
    }
    return words
  }

  @Test("Start time and name are what the kernel says")
  func startAndName() throws {
    let child = try SpawnedChild(["/bin/sh", "-c", "kill -STOP $$"])
    defer { child.end() }
    try child.awaitState("T")
    let stat = try ProcStat(parsing: child.bytes(of: "stat"))
    let detail = try #require(try Self.read(child.pid))
    #expect(detail.pid == child.pid)
    #expect(detail.startTicks == stat.startTicks)
    #expect(detail.comm == Array("sh".utf8))
  }

  @Test("The control groups are the lines of the file")
  func controlGroups() throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    let lines = try child.bytes(of: "cgroup").split(separator: UInt8(ascii: "\n")).map { Array($0) }
    #expect(!lines.isEmpty)
    let groups = try #require(try Self.read(child.pid)).groups
    #expect(groups == lines)
  }

  static let names: [[UInt8]] = [
    Array("a) R (b".utf8), Array(") S 1 1 (core".utf8), Array("x\n1 (y) S".utf8), Array("(((".utf8),
    Array(")))".utf8),
    Array("\\n\\".utf8), Array("fifteen letters".utf8), Array(repeating: 0x20, count: 15),
    [0xFF, 0xFE, 0x80],
    Array("\u{1B}[2Jx".utf8), Array("sigcgt:\t0".utf8), [0x0A],
  ]

  /// What is printable is shown as it is; for the rest the library may show something else.
  static func isShown(_ name: [UInt8], as comm: [UInt8]) -> Bool {
    let isPlain = name.allSatisfy { (0x20...0x7E).contains($0) }
    return isPlain ? comm == name : comm.count == name.count
  }

  @Test("A name may be any bytes, and changes nothing else", arguments: names)
  func anyName(name: [UInt8]) throws {
    try withScratchFolder { folder in
      let program = folder.appending(
        try #require(FilePath.Component(platformString: name.map(CChar.init(bitPattern:)) + [0])))
      let child = try SpawnedChild.sleep(copiedTo: program)
      defer { child.end() }
      try child.awaitState("S")
      let stat = try ProcStat(parsing: child.bytes(of: "stat"))
      try #require(stat.comm == name)
      let detail = try #require(try Self.read(child.pid))
      #expect(Self.isShown(name, as: detail.comm))
      #expect(detail.startTicks == stat.startTicks)
      let lines = try child.bytes(of: "cgroup").split(separator: UInt8(ascii: "\n")).map { Array($0) }
      #expect(detail.groups == lines)
    }
  }

  @Test("A zombie is a process still")
  func zombie() throws {
    let child = try SpawnedChild(["/bin/sh", "-c", "exit 0"])
    defer { child.end() }
    try child.awaitState("Z")
    let stat = try ProcStat(parsing: child.bytes(of: "stat"))
    let detail = try #require(try Self.read(child.pid))
    #expect(detail.startTicks == stat.startTicks)
  }

  @Test("Where there is no process, there is none", arguments: [Int32.max, 0, -1, .min])
  func none(pid: Int32) throws {
    #expect(try Self.read(pid) == nil)
  }

  @Test("One reader reads one process after another, and sees that one has ended")
  func several() throws {
    try withScratchFolder { folder in
      let first = try SpawnedChild.sleep()
      defer { first.end() }
      let second = try SpawnedChild.sleep(copiedTo: folder.appending("other name"))
      defer { second.end() }
      try first.awaitComm("sleep")
      try second.awaitComm("other name")
      let start = try first.startTicks
      try Self.withReader { (read) throws in
        for _ in 0..<3 {
          #expect(try read(first.pid)?.comm == Array("sleep".utf8))
          #expect(try read(.max) == nil)
          #expect(try read(second.pid)?.comm == Array("other name".utf8))
        }
        first.end()
        #expect(try read(first.pid)?.startTicks != start)
        #expect(try read(second.pid)?.pid == second.pid)
      }
    }
  }

  @Test("Readers may be opened and closed many times, and side by side")
  func manyTimes() throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    for _ in 0..<20 {
      try Self.withReader { (read) throws in
        #expect(try read(child.pid)?.pid == child.pid)
        #expect(try Self.read(child.pid)?.pid == child.pid)
      }
    }
    cprocps_reader_close(nil)
  }

  @Test("Several threads may each have a reader of their own")
  func manyThreads() async throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    try child.awaitComm("sleep")
    let pids = [child.pid, getpid()]
    let expected = try pids.map { pid in
      let stat = try ProcStat(
        parsing: FileReader.bytes(at: FilePath("/proc/\(pid)/stat"), limitBytes: 1 << 16))
      return Looked(pid: pid, startTicks: stat.startTicks, comm: stat.comm)
    }
    try await withThrowingTaskGroup(of: [Looked].self) { group in
      for task in 0..<8 {
        group.addTask {
          let order = task.isMultiple(of: 2) ? pids : pids.reversed()
          return try (0..<50).flatMap { _ in
            try order.map { pid in
              let detail = try Self.read(pid)
              return Looked(pid: pid, startTicks: detail?.startTicks ?? 0, comm: detail?.comm ?? [])
            }
          }
        }
      }
      for try await seen in group { #expect(Set(seen) == Set(expected)) }
    }
  }

  private struct Looked: Hashable {
    let pid: Int32
    let startTicks: UInt64
    let comm: [UInt8]
  }
}
