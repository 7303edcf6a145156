import Glibc
import TestSupport
import Testing

@testable import Processes
@testable import Text

@Suite("/proc/PID/status")
struct ProcStatusTests {
  static func text(
    name: String = "rest-api", state: String = "S (sleeping)", own: String = "0000000000000000",
    shared: String = "0000000000000200", ignored: String = "0000000000001000",
    caught: String = "0000000020810640"
  ) -> String {
    "Name:\t\(name)\nUmask:\t0022\nState:\t\(state)\nTgid:\t4711\nNgid:\t0\nPid:\t4711\nPPid:\t1\n"
      + "TracerPid:\t0\n"
      + "Uid:\t10001\t10001\t10001\t10001\nThreads:\t1\nSigQ:\t0/15000\nSigPnd:\t\(own)\nShdPnd:\t\(shared)\n"
      + "SigBlk:\t0000000000000000\nSigIgn:\t\(ignored)\nSigCgt:\t\(caught)\nCapInh:\t0000000000000000\n"
      + "Seccomp:\t0\nCpus_allowed:\tff\nMems_allowed_list:\t0\n"
  }

  static func parse(_ text: String) throws(ParseError) -> ProcStatus {
    try ProcStatus(parsing: Array(text.utf8))
  }

  @Test("A real file gives state and signals")
  func real() throws {
    let status = try Self.parse(Self.text())
    #expect(status.state == UInt8(ascii: "S"))
    #expect(status.masks.caught == SignalMask(bits: 0x2081_0640))
    #expect(status.masks.ignored == SignalMask(bits: 0x1000))
    #expect(status.masks.pending == SignalMask(bits: 0x200))
    #expect(status.masks.caught.contains(SIGUSR1))
    #expect(!status.masks.caught.contains(SIGUSR2))
    #expect(status.masks.pending.contains(SIGUSR1))
  }

  @Test("Pending is what waits for the process and what waits for its thread")
  func pending() throws {
    let status = try Self.parse(Self.text(own: "0000000000000800", shared: "0000000000000200"))
    #expect(status.masks.pending.contains(SIGUSR1))
    #expect(status.masks.pending.contains(SIGUSR2))
  }

  @Test(
    "A name cannot speak for other lines",
    arguments: [
      // The kernel writes a newline in a name as two characters.
      "x\\nSigCgt:\\t0000000000000200", "SigCgt:\t0000000000000200", "State:\tR", "", ":", "a:b:c",
      "\u{1B}[2J", "\u{FFFD}",
    ])
  func hostileName(name: String) throws {
    #expect(try Self.parse(Self.text(name: name)) == Self.parse(Self.text()))
  }

  @Test("A name may be bytes that are no text")
  func invalidName() throws {
    var bytes = Array(Self.text().utf8)
    bytes.replaceSubrange(6..<14, with: [0xFF, 0xFE, 0x80, 0xC3, 0x28])
    #expect(try ProcStatus(parsing: bytes) == Self.parse(Self.text()))
  }

  @Test("Of two lines of one name the first counts")
  func twice() throws {
    let text = Self.text() + "SigCgt:\tffffffffffffffff\nState:\tZ (zombie)\n"
    #expect(try Self.parse(text) == Self.parse(Self.text()))
  }

  @Test("A file that is cut off anywhere says nothing wrong")
  func truncated() throws {
    let bytes = Array(Self.text().utf8)
    let whole = try ProcStatus(parsing: bytes)
    for length in bytes.indices {
      if let status = try? ProcStatus(parsing: Array(bytes[..<length])) {
        #expect(status == whole, "\(length)")
      }
    }
  }

  @Test(
    "A file without one of the lines is refused",
    arguments: ["State", "SigPnd", "ShdPnd", "SigIgn", "SigCgt"])
  func missing(name: String) {
    let lines = Self.text().split(separator: "\n").filter { !$0.hasPrefix(name + ":") }
    #expect(throws: ParseError.self) { try Self.parse(lines.joined(separator: "\n")) }
  }

  @Test(
    "A mask that is none is refused",
    arguments: [
      "", "x", "000000000000020g", "00000000000000200", "200", "0x00000000000200", "-000000000000200",
    ])
  func badMask(mask: String) {
    #expect(throws: ParseError.self) { try Self.parse(Self.text(caught: mask)) }
    #expect(throws: ParseError.self) { try Self.parse(Self.text(own: mask)) }
  }

  @Test("Nothing at all is refused", arguments: ["", "\n", ":", "State:\n", "Name:\tx\nState:\tS\n"])
  func nothing(text: String) {
    #expect(throws: ParseError.self) { try Self.parse(text) }
  }

  @Test("Random changes of a real file never crash the parser")
  func mutations() {
    var random = SeededNumbers(seed: 22)
    let bytes = Array(Self.text().utf8)
    for _ in 0..<5000 { _ = try? ProcStatus(parsing: random.mutate(bytes)) }
  }

  @Test("The kernel's own file of this process is understood")
  func own() throws {
    let status = try ProcStatus(parsing: FileReader.bytes(at: "/proc/self/status", limitBytes: 1 << 16))
    #expect("RSD".utf8.contains(status.state))
  }
}
