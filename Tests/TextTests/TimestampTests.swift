import TestSupport
import Testing

@testable import Text

@Suite("Times")
struct TimestampTests {
  @Test(
    "known moments have their known form",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
      (951_868_799_999_999_999, "2000-02-29T23:59:59.999Z"),
      (1_709_251_199_001_000_000, "2024-02-29T23:59:59.001Z"),
      (1_795_351_184_012_999_999, "2026-11-22T12:39:44.012Z"),
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
      (4_107_542_399_999_000_000, "2100-02-28T23:59:59.999Z"),
      (.distantFuture, "2262-04-11T23:47:16.854Z"), (.distantPast, "1677-09-21T00:12:43.145Z"),
    ] as [(WallTime, String)])
  func known(_ moment: WallTime, text: String) {
    let timestamp = Timestamp(moment)
    #expect(timestamp.description == text)
    #expect(timestamp.timeOfDay == text.suffix(13))
    #expect(Timestamp(parsing: text.utf8) == timestamp)
  }

  @Test("days of eight centuries come back")
  func days() {
    for day in stride(from: -100_000, to: 100_000, by: 7) {
      let timestamp = Timestamp(0 + .seconds(day * 86_400))
      #expect(Timestamp(parsing: timestamp.description.utf8) == timestamp)
    }
  }

  @Test(
    "what is not such a time is none",
    arguments: [
      "", "2026-11-22", "2026-11-22T12:39:44Z", "2026-11-22T12:39:44.012+", "2026-11-31T12:39:44.012Z",
      "2026-02-29T12:39:44.012Z", "2026-13-01T12:39:44.012Z", "2026-00-01T12:39:44.012Z",
      "2026-11-22T24:00:00.000Z", "2026-11-22T12:60:44.012Z", "2026-11-22T12:39:60.012Z",
      "2026-11-22 12:39:44.012Z", "2026-11-22T12:39:44.0é", "+026-11-22T12:39:44.012Z",
    ])
  func malformed(_ text: String) { #expect(Timestamp(parsing: text.utf8) == nil) }
}
