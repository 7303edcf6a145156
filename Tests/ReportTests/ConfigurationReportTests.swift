import Configuration
import PlaceOS
import SystemPackage
import TestSupport
import Testing

@testable import Report
@testable import Text

@Suite("The report of the configuration")
struct ConfigurationReportTests {
  static let configuration = Configuration(
    defaultFor: .milliseconds(5_400_250), longestFor: .seconds(36_000),
    guardLimits: GuardLimits(freePercent: 0, freeBytes: 1, writeBytesPerSecond: 2, writeSeconds: 3),
    additions: [
      ServiceAddition(name: "booking", executables: ["/a \"b\"\u{1b}[m"], images: ["x/y"], dialect: .driver),
      ServiceAddition(name: "api", executables: ["/c"], images: [], dialect: nil),
    ])

  private let origin = Origin(host: "h", time: 0)

  @Test("what is in force is shown as the file would have it", arguments: [configuration, .standard])
  func text(configuration: Configuration) throws {
    let report = ConfigurationReport(path: "/etc/x\n/config.json", found: .success(configuration))
    #expect(report.problem == nil)
    #expect(try Configuration(parsing: Array(report.text.utf8)) == configuration)
    #expect(!report.text.contains("\u{1b}"))
    #expect(report.text.hasPrefix("// /etc/x"))
  }

  @Test("where there is no file it is said so")
  func missing() throws {
    let report = ConfigurationReport(path: "/c.json", found: .success(nil))
    #expect(report.text.hasPrefix("// /c.json does not exist"))
    #expect(try Configuration(parsing: Array(report.text.utf8)) == .standard)
    #expect(report.json(origin).contains("\"exists\" : false"))
  }

  @Test(
    "what is wrong is told as compilers tell it",
    arguments: [
      (
        ConfigurationError.invalid(
          path: "/c.json", ConfigurationFlaw(line: 7, key: "guard.free_percent", expected: "a number")),
        "/c.json:7: guard.free_percent: expected a number"
      ),
      (
        .invalid(path: "/c.json", ConfigurationFlaw(line: 1, key: "", expected: "an object\u{1b}")),
        "/c.json:1: expected an object"
      ),
      (.owner(path: "/c.json", found: 7, required: 0), "belongs to user 7"),
      (.writableByOthers(path: "/c.json", mode: 0o666), "0666"),
      (.host(.notRegular(path: "/c.json")), "not a regular file"),
      (.host(.unreadable(path: "/c.json", .permissionDenied)), "cannot read /c.json"),
    ])
  func problem(error: ConfigurationError, sentence: String) {
    let report = ConfigurationReport(path: "/c.json", found: .failure(error))
    #expect(report.problem?.contains(sentence) == true, "\(report.problem ?? "")")
    #expect(report.problem?.contains("\u{1b}") == false)
    #expect(report.text.isEmpty)
    #expect(report.json(origin).contains("\"configuration\" : null"))
  }

  @Test("a duration is shown as it is typed")
  func durations() {
    for word in ["0s", "1s", "24h", "1h30m", "90m", "250ms", "1h2m3s4ms"] {
      let span = DurationText(parsing: word)?.span ?? .seconds(-1)
      let shown = DurationText(span).word
      #expect(DurationText(parsing: shown)?.span == span)
    }
    #expect(DurationText(.seconds(86_400)).word == "24h")
  }
}
