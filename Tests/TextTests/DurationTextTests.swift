import Testing

@testable import Text

@Suite("durations as text")
struct DurationTextTests {
  @Test(
    "hours, minutes, seconds and milliseconds are taken, alone and together",
    arguments: [
      ("90s", 90_000), ("30m", 1_800_000), ("2h", 7_200_000), ("1h30m", 5_400_000), ("250ms", 250),
      ("1h2m3s4ms", 3_723_004), ("0s", 0), ("2d", 172_800_000),
      ("1d12h", 129_600_000),
    ] as [(String, Int64)])
  func accepted(text: String, milliseconds: Int64) {
    #expect(DurationText(parsing: text)?.span == .milliseconds(milliseconds))
  }

  @Test(
    "what is no duration is refused, never cut to one",
    arguments: [
      "", " ", "1", "h", "1 h", "-1h", "+1h", "1.5h", "1h1h", "30m1h", "1h1d", "30min", "1H", "1h ", "٣h",
      "9223372036854775807h", "99999999999999999999s",
    ])
  func refused(text: String) {
    #expect(DurationText(parsing: text) == nil)
  }
}
