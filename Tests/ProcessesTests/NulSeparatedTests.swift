import TestSupport
import Testing

@testable import Processes

@Suite("Arguments and environment")
struct NulSeparatedTests {
  static func words(_ text: String) -> [String] { NulSeparated(parsing: Array(text.utf8)).words }

  @Test(
    "Every word ends in NUL",
    arguments: [
      ("", []), ("\0", [""]), ("/rest-api\0", ["/rest-api"]),
      ("/rest-api\0-b\u{0}0.0.0.0\0", ["/rest-api", "-b", "0.0.0.0"]),
      ("a\0\0b\0", ["a", "", "b"]), ("a\0\0\0", ["a", "", ""]), ("a", ["a"]), ("a\0b", ["a", "b"]),
      // A process may write over its own arguments.
      ("nginx: master process nginx", ["nginx: master process nginx"]),
      ("x\n/rest-api\0 -b\n0.0.0.0\0", ["x\n/rest-api", " -b\n0.0.0.0"]),
      ("a b\0\"c\" d\0", ["a b", "\"c\" d"]),
    ] as [(String, [String])])
  func arguments(text: String, expected: [String]) {
    #expect(Self.words(text) == expected)
  }

  @Test("Bytes that are no text are replaced and move no border")
  func invalid() {
    let words = NulSeparated(parsing: [0x61, 0xFF, 0, 0xC3, 0, 0x62, 0]).words
    #expect(words == ["a\u{FFFD}", "\u{FFFD}", "b"])
  }

  @Test("An environment is names and values; the first of a name counts")
  func environment() {
    let text = "LOG_LEVEL=warn\0SG_ENV=production\0LOG_LEVEL=trace\0EMPTY=\0NOTHING\0EQUALS=a=b\0=odd\0\0"
    #expect(
      NulSeparated(parsing: Array(text.utf8)).environment
        == ["LOG_LEVEL": "warn", "SG_ENV": "production", "EMPTY": "", "EQUALS": "a=b", "": "odd"])
  }

  @Test("A letter that joins the equals sign does not hide it")
  func combining() {
    let text = "A=\u{301}x\0"
    #expect(NulSeparated(parsing: Array(text.utf8)).environment == ["A": "\u{301}x"])
  }

  @Test("Any bytes are words whose lengths add up")
  func anything() {
    var random = SeededNumbers(seed: 23)
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
        UInt8.random(in: 0...127, using: &random) & (Bool.random(using: &random) ? 0xFF : 0)
      }
      let words = NulSeparated(parsing: bytes).words
      var joined: [UInt8] = []
      for word in words { joined += Array(word.utf8) + [0] }
      if bytes.last != 0, !joined.isEmpty { joined.removeLast() }
      #expect(joined == bytes)
    }
  }
}
