import TestSupport
import Testing

@testable import Logs
@testable import Text

@Suite struct LogEntryTests {
  private func entry(_ format: LogEntry.Format, _ line: String) -> LogEntry? {
    Array(line.utf8).withUnsafeBytes { LogEntry(format, $0) }
  }

  private func text(_ format: LogEntry.Format, _ line: String) -> String? {
    Array(line.utf8).withUnsafeBytes { LogEntry.text(format, $0) }.map { String(decoding: $0, as: UTF8.self) }
  }

  private func time(_ text: String) -> LogTime? {
    Array(text.utf8).withUnsafeBytes { LogTime(parsing: $0) }
  }

  @Test func timesAreMoments() {
    #expect(time("1970-01-01T00:00:00Z") == LogTime(wall: 0, step: .seconds(1)))
    #expect(
      time("2026-11-22T12:39:44.012345678Z")
        == LogTime(wall: 1_795_351_184_012_345_678, step: .nanoseconds(1)))
    #expect(time("2026-11-22T13:39:44+01:00")?.wall == 1_795_351_184_000_000_000)
    #expect(
      time("2026-11-22T01:09:44.5-11:30")
        == LogTime(wall: 1_795_351_184_500_000_000, step: .milliseconds(100)))
    #expect(time("2024-02-29T23:59:59Z")?.wall == 1_709_251_199_000_000_000)
    #expect(time("2100-03-01T00:00:00Z")?.wall == 4_107_542_400_000_000_000)
  }

  @Test(arguments: [
    "", "2026", "2026-11-22 12:39:44Z", "2026-11-22T12:39:44", "2026-13-22T12:39:44Z", "2026-11-22T24:39:44Z",
    "2026-11-22T12:39:44.Z", "2026-11-22T12:39:44.1234567890Z", "2026-11-22T12:39:44Zx",
    "1969-11-22T12:39:44Z",
    "9999-11-22T12:39:44Z", "2026-11-22T12:39:44+1:00", "-026-11-22T12:39:44Z", "2026-11-22T12:39:44+01:0",
  ])
  func otherTextIsNoTime(_ text: String) { #expect(time(text) == nil) }

  @Test func dockersLine() throws {
    let line = #"{"log":"a \"b\" \u003c\n","stream":"stdout","time":"2026-11-22T12:39:44.012345678Z"}"#
    let parsed = try #require(entry(.docker, line))
    #expect(parsed.isStandardOutput && parsed.endsLine && parsed.time?.wall == 1_795_351_184_012_345_678)
    #expect(text(.docker, line) == #"a "b" <"#)
    #expect(entry(.docker, line.replacing("stdout", with: "stderr"))?.isStandardOutput == false)
    #expect(entry(.docker, line.replacing(#"\n","#, with: #"","#))?.endsLine == false)
    #expect(entry(.docker, line.replacing(#"\n","#, with: #"\\n","#))?.endsLine == false)
    #expect(entry(.docker, line.replacing(#"\n","#, with: #"\\\n","#))?.endsLine == true)
    #expect(text(.docker, line.replacing(#"\n","#, with: #"\r\n","#)) == #"a "b" <"#)
    let labels = line.replacing(#","time""#, with: #","attrs":{"com.example":"a"},"time""#)
    #expect(entry(.docker, labels)?.endsLine == true && text(.docker, labels) == #"a "b" <"#)
  }

  @Test func messagesDoNotSpeakForDocker() {
    let forged = #"{"log":"x\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T12:39:44Z\"}"#
    #expect(entry(.docker, forged) == nil)
    let real = forged + #"\n","stream":"stderr","time":"2026-11-22T12:39:45Z"}"#
    #expect(entry(.docker, real)?.isStandardOutput == false)
    #expect(entry(.docker, real)?.time?.wall == 1_795_351_185_000_000_000)
    #expect(entry(.docker, #"{"log":","stream":"stdout","time":"2026-11-22T12:39:45Z"}"#) == nil)
    for cut in 0..<real.utf8.count { #expect(entry(.docker, String(real.prefix(cut))) == nil) }
  }

  @Test func kubernetesLine() throws {
    let line = "2026-11-22T12:39:44.012345678Z stdout F a message"
    let parsed = try #require(entry(.cri, line))
    #expect(parsed.isStandardOutput && parsed.endsLine && parsed.time?.wall == 1_795_351_184_012_345_678)
    #expect(text(.cri, line) == "a message")
    #expect(entry(.cri, line.replacing(" F ", with: " P "))?.endsLine == false)
    #expect(text(.cri, line.replacing(" F ", with: " F:x ")) == "a message")
    #expect(text(.cri, line.replacing("F a message", with: "F  > a")) == " > a")
    #expect(entry(.cri, line.replacing("stdout", with: "stderr"))?.isStandardOutput == false)
    let time = "2026-11-22T12:39:44Z"
    for bad in ["", "x", time, time + " stdout", time + " stdout X a"] {
      #expect(entry(.cri, bad) == nil)
    }
    #expect(text(.cri, "2026-11-22T12:39:44Z stdout F") == "")
  }

  @Test func randomBytesAreRefusedOrRead() {
    var seed: UInt64 = 7
    func random(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    let lines = [
      #"{"log":"a\n","stream":"stdout","time":"2026-11-22T12:39:44.012345678Z"}"#,
      "2026-11-22T12:39:44.012345678Z stdout F a",
    ]
    for round in 0..<6_000 {
      var bytes = Array(lines[round % 2].utf8)
      for _ in 0...random(5) where !bytes.isEmpty {
        let at = random(bytes.count)
        if random(2) == 0 {
          bytes[at] = UInt8(random(256))
        } else {
          bytes.removeSubrange(at..<min(at + random(9), bytes.count))
        }
      }
      bytes.withUnsafeBytes { raw in
        for format in [LogEntry.Format.docker, .cri] where LogEntry(format, raw) != nil {
          _ = LogEntry.text(format, raw)
        }
      }
    }
  }
}
