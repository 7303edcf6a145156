import PlaceOS
import Testing
import Text

private func record(_ line: String) -> LogRecord { LogRecord(parsing: Array(line.utf8)) }

@Suite struct LogRecordTests {
  @Test func aLineOfJSONIsTakenApart() {
    let record = record(
      #"{"level":" WARN","time":"2026-11-22T12:39:44Z","program":"api","source":"action-controller","#
        + #""message":"a \"b\"","path":"/é","code":404,"list":[1,{"a":null}]}"#)
    #expect(record.level == .warn)
    #expect(record.time?.wall.nanoseconds == 1_795_351_184_000_000_000)
    #expect(record.program == "api")
    #expect(record.source == "action-controller")
    #expect(record.message == #"a "b""#)
    #expect(
      record.data == [
        .init(key: "path", value: "/é"), .init(key: "code", value: "404", isText: false),
        .init(key: "list", value: #"[1,{"a":null}]"#, isText: false),
      ])
  }

  @Test func aLineOfFieldsIsTakenApart() {
    let record = record(
      #"level=[E] time=2026-11-22T12:39:44Z program=api source=a.b message="say "x" y" path="/a b\"c" n=3"#)
    #expect(record.level == .error)
    #expect(record.source == "a.b")
    #expect(record.message == #"say "x" y"#)
    #expect(
      record.data == [.init(key: "path", value: #"/a b"c"#), .init(key: "n", value: "3", isText: false)])
  }

  @Test func aDriversLineHasItsNameAndNoSource() {
    let record = record(#"level=[I] time=2026-11-22T12:39:44Z program=drv-trivial message="hello""#)
    #expect(record.program == "drv-trivial")
    #expect(record.source == nil)
    #expect(record.message == "hello")
  }

  @Test func aLineOfCrystalsShortFormIsTakenApart() {
    let record = record(
      #"2026-11-25T03:47:16.123456Z  ERROR - db.pool: lost -- again -- host: "a, b", tries: 3 -- id: "x""#)
    #expect(record.level == .error)
    #expect(record.time?.step == .microseconds(1))
    #expect(record.source == "db.pool")
    #expect(record.message == "lost -- again")
    #expect(
      record.data == [
        .init(key: "host", value: "a, b"), .init(key: "tries", value: "3", isText: false),
        .init(key: "id", value: "x"),
      ])
    let other = PlaceOSTests.record("2026-11-25T03:47:16.123456Z   INFO - no source here: yes")
    #expect(other.message == "no source here: yes")
  }

  @Test(arguments: [
    "", "{", "{}", "level=[I]", "level=[X] time=2026-11-22T12:39:44Z message=\"a\"", "2026-11-25",
    "Listening on 0",
    #"{"message":1}"#, #"{"message":"a","message":"b"}"#, "2026-11-25T03:47:16Z GET /", "\u{fffd}",
  ])
  func whatIsOfNoKnownFormHasOnlyItsBytes(_ line: String) {
    let record = record(line)
    #expect(!record.isParsed)
    #expect(record.raw == Array(line.utf8))
    #expect(record.level == nil && record.time == nil && record.source == nil && record.data.isEmpty)
  }

  @Test func aBacktraceGoesOnWithTheLineBeforeIt() {
    #expect(record("  from src/app.cr:1:1 in 'run'").isContinuation)
    #expect(record("Caused by: lost (IO::Error)").isContinuation)
    #expect(!record("Listening on 0.0.0.0").isContinuation)
    #expect(!record("").isContinuation)
  }
}
