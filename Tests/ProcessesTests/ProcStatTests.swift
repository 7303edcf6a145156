import TestSupport
import Testing

@testable import Processes
@testable import Text

@Suite("/proc/PID/stat")
struct ProcStatTests {
  static let tail =
    " S 1 4711 4711 0 -1 4194560 113 0 0 0 12 7 0 0 20 0 1 0 60284 5677056 215 18446744073709551615 4194304 6291456 140736 0"
    + " 0 0 0 4096 549520960 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

  static func line(comm: [UInt8], pid: String = "4711", tail: String = tail) -> [UInt8] {
    Array("\(pid) (".utf8) + comm + Array(")".utf8) + Array(tail.utf8)
  }

  @Test("A real line gives pid, name, state and start time")
  func real() throws {
    let stat = try ProcStat(parsing: Self.line(comm: Array("rest-api".utf8)))
    #expect(stat.pid == 4711)
    #expect(stat.comm == Array("rest-api".utf8))
    #expect(stat.state == UInt8(ascii: "S"))
    #expect(stat.startTicks == 60284)
    #expect(stat.programAddresses == ProcStat.ProgramAddresses(code: 4_194_304, stack: 140_736))
  }

  static let names: [[UInt8]] = [
    [], Array("a) R (b".utf8), Array(")".utf8), Array("(".utf8), Array(") S 1 1 (core".utf8),
    Array("x\n1 (y) S".utf8),
    [0xFF, 0xFE, 0x80], Array(repeating: 0x20, count: 15), Array("\u{1B}[2Jrest".utf8), Array("\n\n\n".utf8),
    Array(") R 9 9 9 9 9 ".utf8), [0xC3], Array("()()()".utf8), [0x09, 0x0D, 0x0B],
  ]

  @Test("A name may be any bytes, and changes nothing else", arguments: names)
  func hostile(name: [UInt8]) throws {
    let stat = try ProcStat(parsing: Self.line(comm: name))
    #expect(stat.comm == name)
    #expect(stat.pid == 4711)
    #expect(stat.state == UInt8(ascii: "S"))
    #expect(stat.startTicks == 60284)
  }

  @Test("A line that is cut off anywhere says nothing wrong", arguments: names)
  func truncated(name: [UInt8]) throws {
    let line = Self.line(comm: name)
    let whole = try ProcStat(parsing: line)
    for length in line.indices {
      if let stat = try? ProcStat(parsing: Array(line[..<length])) { #expect(stat == whole, "\(length)") }
    }
  }

  @Test("States are taken as they are", arguments: ["R", "S", "D", "T", "t", "Z", "X", "I", "P"])
  func states(state: String) throws {
    let tail = " \(state)" + Self.tail.dropFirst(2)
    #expect(try ProcStat(parsing: Self.line(comm: [0x78], tail: tail)).state == state.utf8.first)
  }

  @Test("The largest numbers fit")
  func largest() throws {
    let tail = Self.tail.replacing(" 60284 ", with: " 18446744073709551615 ")
    let stat = try ProcStat(parsing: Self.line(comm: [0x78], pid: "2147483647", tail: tail))
    #expect(stat.pid == .max)
    #expect(stat.startTicks == .max)
  }

  @Test(
    "A pid that is no pid is refused",
    arguments: ["", "0", "-1", "2147483648", "x", "47 11", "+4711", "4711x", "0x1"])
  func badPid(pid: String) {
    #expect(throws: ParseError.self) { try ProcStat(parsing: Self.line(comm: [0x78], pid: pid)) }
  }

  @Test(
    "A start time that is none is refused",
    arguments: ["-1", "18446744073709551616", "x", "1.5", "99999999999999999999"])
  func badStart(start: String) {
    let tail = Self.tail.replacing(" 60284 ", with: " \(start) ")
    #expect(throws: ParseError.self) { try ProcStat(parsing: Self.line(comm: [0x78], tail: tail)) }
  }

  @Test(
    "What is no stat line is refused",
    arguments: [
      "", "\n", "4711", "4711 rest-api S 1", "4711 )(", "(x) S 1", "4711 (x)", "4711 (x) SS 1 2", "4711 (x",
    ])
  func noLine(text: String) {
    #expect(throws: ParseError.self) { try ProcStat(parsing: Array(text.utf8)) }
  }

  @Test("Random changes of a real line never crash the parser")
  func mutations() {
    var random = SeededNumbers(seed: 21)
    let line = Self.line(comm: Array("a) R (b".utf8))
    for _ in 0..<5000 { _ = try? ProcStat(parsing: random.mutate(line)) }
  }
}
