import Testing

@testable import Report

@Suite struct TableTests {
  private func table(_ columns: Int?) -> [String] {
    var table = Table(["SERVICE", "CONTAINER", "PID", "LEVEL", "KNOWN BY", "REVERTS"], last: "NOTE")
    table.add(
      ["driver/place_meet", "core-1", "4711", "trace", "memory", "in 59m 59s"].map { Table.Cell($0) },
      last: "on for 2m, by jane: INC-42 meetings in the east wing do not start")
    table.add(["api", "-", "12", "warn", "memory", ""].map { Table.Cell($0) }, last: "")
    return table.rendered(Style(isColoured: false, columns: columns)).split(separator: "\n").map(String.init)
  }

  @Test func inAPipeARowIsALine() {
    let lines = table(nil)
    #expect(lines.count == 3)
    #expect(lines[1].hasSuffix("on for 2m, by jane: INC-42 meetings in the east wing do not start"))
  }

  @Test(arguments: 60...160) func onATerminalNothingIsCutAndAllFits(columns: Int) {
    let lines = table(columns)
    for line in lines { #expect(line.count <= columns && line.last != " ", "\(line)") }
    let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(words.contains("driver/place_meet"), "\(lines)")
    for word in "on for 2m, by jane: INC-42 meetings in the east wing do not start".split(separator: " ") {
      #expect(words.contains(word))
    }
  }

  @Test func whatIsTooLongGoesOnInTheNextLine() {
    var table = Table(["SERVICE", "PID"], last: "NOTE")
    let name = "driver/" + String(repeating: "x", count: 100)
    table.add([Table.Cell(name), Table.Cell("1")], last: "a reason")
    let lines = table.rendered(Style(isColoured: false, columns: 60)).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 60 })
    #expect(lines.dropFirst().map { $0.prefix { $0 != " " } }.joined().hasPrefix(name))
    #expect(lines.last == "  a reason")
  }
}

@Suite struct ViewportTests {
  private let lines = (1...30).map { "line \($0)" }

  /// What is to be seen after some keys.
  private func seen(_ viewport: inout Viewport, _ keys: String, _ count: Int = 30) -> [String] {
    _ = viewport.take(Array(keys.utf8), lines: count, rows: 12)
    return viewport.visible(Array(lines.prefix(count)), rows: 12)
  }

  @Test func whatFitsIsShownAsItIs() {
    var viewport = Viewport()
    let all = viewport.visible(lines, rows: 30)
    #expect(all == lines)
  }

  @Test(arguments: ["j", "\r", "\u{1b}[B", " ", "\u{1b}[6~"]) func everyLineCanBeScrolledTo(keys: String) {
    var viewport = Viewport()
    var all: [String] = []
    for number in 0..<40 {
      let visible = seen(&viewport, number == 0 ? "" : keys)
      #expect(visible.count == 12 && visible.last?.hasPrefix("lines ") == true)
      all += visible.dropLast()
    }
    #expect(Set(all) == Set(lines))
  }

  @Test func theEndsAreReachedAndNotPassed() {
    var viewport = Viewport()
    let end = seen(&viewport, "G")
    #expect(end.contains("line 30"))
    let start = seen(&viewport, "kg\u{1b}[A")
    #expect(start.first == "line 1")
    // There are fewer by now.
    _ = seen(&viewport, "G")
    let few = seen(&viewport, "", 3)
    #expect(few == Array(lines.prefix(3)))
  }

  @Test func qEnds() {
    var viewport = Viewport()
    let isOver = viewport.take(Array("jjq".utf8), lines: 30, rows: 12)
    #expect(isOver)
    let isHalf = viewport.take(Array("\u{1b}[5".utf8), lines: 30, rows: 12)
    #expect(!isHalf)
  }
}
