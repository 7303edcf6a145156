import Testing
import Text

/// What somebody else named shows what it is, and does nothing to the terminal or the text around it.
struct PrintableTests {
  /// A bell, C1's CSI, a soft hyphen, a zero-width space, a right-to-left override, a line separator, a byte order
  /// mark, a tag letter.
  static let unseen = [
    "\u{7}", "\u{9b}", "\u{ad}", "\u{200b}", "\u{202e}", "\u{2028}", "\u{feff}", "\u{e0061}",
  ]

  @Test(arguments: unseen) func `what is not seen is written out`(unseen: String) {
    let text = "core-\(unseen)1".printable
    #expect(text.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 })
    #expect(text.hasPrefix("core-\\u{") && text.hasSuffix("}1"))
  }

  @Test(arguments: unseen.dropFirst()) func `JSON escapes it, and means the same`(unseen: String) throws {
    let text = "{\n  \"name\" : \"core-\(unseen)1\"\n}".printableJSON
    #expect(text.hasPrefix("{\n  \"name\" : \"core-\\u"))
    #expect(text.allSatisfy { $0.isASCII })
    let escapes = unseen.utf16.map { "\\u" + "000\(String($0, radix: 16))".suffix(4) }.joined()
    #expect(text == "{\n  \"name\" : \"core-\(escapes)1\"\n}")
  }

  @Test(arguments: ["core", "Büro-3", "会議室", "🏢"]) func `what is seen stays as it is`(name: String) {
    #expect(name.printable == name)
    #expect(name.printableJSON == name)
  }
}
