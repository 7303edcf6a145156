import Glibc
import Ledger
import Logging
import TestSupport
import Testing

@testable import Agent
@testable import Text

@Suite("The agent's log") struct JournalLogHandlerTests {
  func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]) -> String {
    JournalLogHandler.line(level, message, metadata, time: nil)
  }

  @Test("the journal gets a priority, anybody else the time and the level")
  func heads() {
    #expect(line(.info, "reverted") == "<6>reverted")
    #expect(line(.warning, "x") == "<4>x" && line(.error, "x") == "<3>x" && line(.debug, "x") == "<7>x")
    let time = Timestamp(0)
    #expect(
      JournalLogHandler.line(.notice, "agent started", ["pid": "7"], time: time)
        == "1970-01-01T00:00:00.000Z notice agent started pid=7")
  }

  @Test("pairs come in order, and none can be forged")
  func pairs() {
    #expect(line(.info, "x", ["b": "2", "a": "1"]) == "<6>x a=1 b=2")
    #expect(line(.info, "x", ["name": "a b=\"c\""]) == "<6>x name=\"a b=\\\"c\\\"\"")
    #expect(line(.info, "x", ["name": "a\n<0>forged"]) == "<6>x name=a\\u{a}<0>forged")
    #expect(line(.info, "x", ["name": ""]) == "<6>x name=\"\"")
  }

  @Test("a variable alone does not make standard error the journal's")
  func journal() throws {
    var status = stat()
    try #require(fstat(STDERR_FILENO, &status) == 0)
    #expect(JournalLogHandler.isJournal(["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]))
    #expect(!JournalLogHandler.isJournal(["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino + 1)"]))
    #expect(!JournalLogHandler.isJournal([:]))
  }
}
