import Glibc
import Testing

@testable import Agent

@Suite("What the kernel says of the state directory") struct DirectoryChangeTests {
  /// `wd, mask, cookie, len, name`, the name filled up with zeros.
  func event(_ mask: Int32, _ name: String, length: Int) -> [UInt8] {
    [1, UInt32(bitPattern: mask), 0, UInt32(length)].flatMap { number in
      withUnsafeBytes(of: number) { Array($0) }
    } + Array(name.utf8) + [UInt8](repeating: 0, count: length - name.utf8.count)
  }

  func parse(_ bytes: [UInt8]) -> [DirectoryChange] {
    var changes: [DirectoryChange] = []
    DirectoryChange.parse(bytes[...]) { changes.append($0) }
    return changes
  }

  @Test("several events, with and without a name")
  func several() {
    let changes = parse(
      event(IN_MOVED_TO, "state.json", length: 16) + event(IN_DELETE_SELF, "", length: 0))
    #expect(changes.map(\.name) == ["state.json", ""])
    #expect(changes.map(\.isOfDirectory) == [false, true])
    #expect(parse(event(IN_Q_OVERFLOW, "", length: 0)).map(\.isOverflow) == [true])
  }

  @Test("bytes that are cut off do no harm")
  func cut() {
    let whole = event(IN_MOVED_TO, "state.json", length: 16)
    for count in 0..<16 { #expect(parse(Array(whole[..<count])).isEmpty) }
    #expect(parse(Array(whole[..<20])).map(\.name) == ["stat"])
  }
}
