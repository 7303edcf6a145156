import Testing
import Text

@testable import Logs

@Suite struct RecentLogTests {
  /// The entries of lines that stand in this order in a file, the newest first.
  private func entries(_ lines: [String]) -> [String] {
    var gatherer = RecentLog.Gatherer()
    var entries: [String] = []
    for line in lines.reversed() {
      if let entry = gatherer.add(Array(line.utf8), nil) {
        entries.append(String(decoding: entry.text, as: UTF8.self))
      }
    }
    if let rest = gatherer.rest() { entries.append(String(decoding: rest.text, as: UTF8.self)) }
    return entries
  }

  @Test func exceptionGoesWithTheLineThatLogsItInEveryFormat() {
    for head in [
      "level=[E] time=2026-11-22T12:39:44Z program=core message=\"node registration failed\"",
      "2026-11-25T03:47:16.123456Z  ERROR - redis: failed", "{\"level\":\"ERROR\",\"message\":\"failed\"}",
    ] {
      let exception = ["Connection refused (Socket::ConnectError)", "  from src/a.cr:1", "Caused by: x"]
      let found = entries(["level=[I] message=\"before\"", head] + exception + [head])
      #expect(found == [head, ([head] + exception).joined(separator: "\n"), "level=[I] message=\"before\""])
    }
  }

  @Test func linesWithoutABeginningAreOneEntryAndBounded() {
    #expect(entries(["  from b", "  from c"]) == ["  from b\n  from c"])
    let head = "level=[E] message=\"x\""
    let found = entries([head] + (1...10_000).map { "  from line \($0)" })
    #expect(found.count == 1)
    #expect(found[0].hasPrefix(head + "\n  from line 1\n") && found[0].utf8.count < 17 << 10)
    let long = entries([head, String(repeating: "x", count: 100_000), "short"])
    #expect(long.count == 1 && long[0].hasPrefix(head))
  }
}
