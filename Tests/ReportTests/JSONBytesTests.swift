import Testing
import Text

@testable import Report

@Suite("Strings of JSON") struct JSONBytesTests {
  private func json(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.appendJSON(text)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "What JSON or a terminal would take for something else is escaped",
    arguments: [
      ("", #""""#), ("plain", #""plain""#), (#"a "b" \c"#, #""a \"b\" \\c""#),
      ("\n\t\r\u{0}\u{1f}", #""\n\t\u000d\u0000\u001f""#),
      ("\u{7f}", #""\u007f""#), ("Zürich \"😀\"\n", "\"Zürich \\\"😀\\\"\\n\""),
      ("a\u{202E}b\u{9b}", #""a\u202eb\u009b""#),
      ("x\u{E0001}", #""x\udb40\udc01""#),
    ])
  func escapes(text: String, expected: String) { #expect(json(text) == expected) }

  @Test("Whatever the bytes, it is a string of JSON that says them")
  func anyBytes() throws {
    var generator = SystemRandomNumberGenerator()
    for round in 0..<2000 {
      let isASCII = round.isMultiple(of: 2)
      let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
        UInt8.random(in: 0...(isASCII ? 0x7E : 0xFF), using: &generator)
      }
      var line = Array(#"{"a":"#.utf8)
      bytes.withUnsafeBufferPointer { line.appendJSON(utf8: $0) }
      line.append(UInt8(ascii: "}"))
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(JSONLine(parsing: line[...])?.strings == ["a": text], "\(bytes)")
      #expect(!String(decoding: line, as: UTF8.self).unicodeScalars.contains { $0.isUnseen }, "\(bytes)")
    }
  }

  @Test("Nothing is null, and what stood before stays")
  func nothing() {
    var bytes = Array("x".utf8)
    bytes.appendJSON(nil)
    bytes.appendJSON("ü")
    #expect(bytes == Array("xnull\"ü\"".utf8))
  }
}
