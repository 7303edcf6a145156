import Glibc
import Testing

@testable import Processes
@testable import Text

@Suite("/proc/PID/io")
struct ProcIOTests {
  static let text =
    "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\nread_bytes: 0\nwrite_bytes: 32393\n"
    + "cancelled_write_bytes: 0\n"

  @Test("What was handed to write(2) counts, not what went to a disk")
  func real() throws {
    #expect(try ProcIO(parsing: Array(Self.text.utf8)).writtenBytes == 323_929_600)
  }

  @Test(
    "Anything else is refused",
    arguments: [
      "", "wchar: 12", "rchar: 1\n", "wchar: \n", "wchar:1\n", "wchar:  1\n", "wchar: -1\n", "wchar: 1 2\n",
      "xwchar: 1\n",
      "wchar: 18446744073709551616\n",
    ])
  func refused(_ text: String) {
    #expect(throws: ParseError.self) { try ProcIO(parsing: Array(text.utf8)) }
  }

  @Test("A process's own figures grow with what it writes")
  func own() throws {
    guard let process = try ProcessDirectory.open(pid: getpid(), proc: "/proc") else {
      Issue.record("no /proc of its own")
      return
    }
    let before = try process.io().writtenBytes
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    #expect(write(ends[1], [UInt8](repeating: 0, count: 1000), 1000) == 1000)
    #expect(try process.io().writtenBytes >= before + 1000)
  }
}
