import PlaceOS
import Testing

struct TraceLineTests {
  @Test(arguments: [
    (#"{"level":"TRACE","program":"api","time":"2026-11-22T12:39:44Z","source":"db","message":"x"}"#, false),
    (#"{"level":" TRACE","program":"api","message":"x"}"#, false),
    (#"level=[T] time=2026-11-22T12:39:44Z program=api source=db message="x""#, true),
  ]) func `a line at trace names its program`(line: String, isForgeable: Bool) throws {
    let trace = try #require(TraceLine(parsing: Array(line.utf8)))
    #expect(trace.program == "api")
    #expect(trace.isForgeable == isForgeable)
  }

  @Test(arguments: [
    #"{"level":"INFO","program":"api","message":"level=[T] time=1 program=api"}"#,
    #"{"level":"TRACE","message":"x"}"#, #"{"level":"TRACE","program":"api""#,
    #"level=[I] time=2026-11-22T12:39:44Z program=api message="x""#, "level=[T] time=2026-11-22T12:39:44Z x",
    #" level=[T] time=2026-11-22T12:39:44Z program=api"#, "level=[T] time=x program=", "",
  ]) func `any other line is none`(line: String) {
    #expect(TraceLine(parsing: Array(line.utf8)) == nil)
  }
}
