import PlaceOS
import Testing

@testable import Configuration

@Suite("The text of a configuration")
struct ConfigurationTests {
  func parsed(_ text: String) throws(ConfigurationFlaw) -> Configuration {
    try Configuration(parsing: Array(text.utf8))
  }

  @Test("every key is read, in JSON5 with comments")
  func whole() throws {
    let text = """
      \u{feff}// ours
      {
        default_for: "30m", 'longest_for': "8h", /* a working day */
        "guard": {free_percent: 5, free_bytes: 0x40000000, write_bytes_per_second: 0, write_seconds: 60,},
        services: [
          {name: "booking", executables: ["/opt/acme/booking"], images: ["acme/booking"], dialect: 'toggle'},
          {name: "api", images: ["acme/rest-api"], dialect: null},
        ],
      }
      """
    #expect(
      try parsed(text)
        == Configuration(
          defaultFor: .seconds(1800), longestFor: .seconds(28_800),
          guardLimits: GuardLimits(
            freePercent: 5, freeBytes: 1 << 30, writeBytesPerSecond: 0, writeSeconds: 60),
          additions: [
            ServiceAddition(
              name: "booking", executables: ["/opt/acme/booking"], images: ["acme/booking"], dialect: .toggle),
            ServiceAddition(name: "api", executables: [], images: ["acme/rest-api"], dialect: nil),
          ]))
  }

  @Test(
    "what is not said has its standard value",
    arguments: ["{}", "// nothing\n{}\n", "{guard: {}, services: []}"])
  func standard(text: String) throws {
    let configuration = try parsed(text)
    #expect(configuration == .standard)
    #expect(configuration.defaultFor == .seconds(3_600))
    #expect(configuration.longestFor == .seconds(86_400))
    let limits = configuration.guardLimits
    #expect(limits.freePercent == 10)
    #expect(limits.freeBytes == 2_147_483_648)
    #expect(limits.writeBytesPerSecond == 50_000_000)
    #expect(limits.writeSeconds == 10)
    #expect(configuration.catalogue.services == Catalogue.placeOS.services)
  }

  @Test("a longest time below an hour is the default too, unless that is said")
  func longestBelowDefault() throws {
    #expect(try parsed("{longest_for: '20m'}").defaultFor == .seconds(1_200))
    #expect(try parsed("{longest_for: '20m', default_for: '5m'}").defaultFor == .seconds(300))
  }

  /// The text, the line and the key that are to blame, and a part of what is expected.
  static let flaws: [(String, Int, String, String)] = [
    ("", 1, "", "a value, and not the end"),
    ("\n\n// nothing", 3, "", "a value, and not the end"),
    ("[]", 1, "", "an object"),
    ("\n\"text\"", 2, "", "an object"),
    ("{} {}", 1, "", "nothing behind the value"),
    ("{\n  default_for: \"1h\"\n  longest_for: \"2h\"\n}", 3, "default_for", "',' or '}'"),
    ("{\n  default_for \"1h\"}", 2, "default_for", "':' behind the key"),
    ("{\n  default_for: ,}", 2, "default_for", "a value"),
    ("{\n  \"default_for: \"1h\"}", 2, "default_for: ", "':'"),
    ("{\n  'default_for: 1}\n\n", 2, "", "a string that ends on its line"),
    ("{\n/* for ever", 2, "", "a comment that ends"),
    (
      "{\n  guard: {\n    free_percent: 10\n", 4, "guard.free_percent", "',' or '}' behind the value, and not"
    ),
    ("{\n  guard: {free_percent: 1.2.3}}", 2, "guard.free_percent", ""),
    ("{\n\n  colour: 1}", 3, "colour", "one of the keys default_for, longest_for, guard, services"),
    ("{guard: {\n free_percents: 1}}", 2, "guard.free_percents", "one of the keys free_percent, free_bytes"),
    (
      "{services: [{\n path: 1}]}", 2, "services[0].path",
      "one of the keys name, executables, images, dialect"
    ),
    ("{default_for: '1h',\r\n\r\ndefault_for: '2h'}", 3, "default_for", "once; it is in line 1"),
    ("{guard: {}, \"\\u0067uard\":\n{}}", 1, "guard", "once"),
    ("{default_for:\n 3600}", 1, "default_for", "a duration such as"),
    ("{\ndefault_for: null}", 2, "default_for", "a duration such as"),
    ("{\ndefault_for: '1 hour'}", 2, "default_for", "a duration such as"),
    ("{\ndefault_for: '0s'}", 2, "default_for", "above 0"),
    ("{\ndefault_for: '25h'}", 2, "default_for", "24h (longest_for) at most"),
    ("{longest_for: '1h',\ndefault_for: '2h'}", 2, "default_for", "longest_for at most"),
    ("{\nlongest_for: '8761h'}", 2, "longest_for", "8760h at most"),
    ("{\nguard: []}", 2, "guard", "an object"),
    ("{\nguard: 1}", 2, "guard", "an object"),
    ("{guard: {\nfree_percent: 100}}", 2, "guard.free_percent", "from 0 (off) to 99"),
    ("{guard: {\nfree_percent: -1}}", 2, "guard.free_percent", "from 0 (off)"),
    ("{guard: {\nfree_percent: 10.5}}", 2, "guard.free_percent", "a whole number"),
    ("{guard: {\nfree_bytes: \"2147483648\"}}", 2, "guard.free_bytes", "without quotation marks"),
    ("{guard: {\nwrite_seconds: 3601}}", 2, "guard.write_seconds", "to 3600"),
    ("{\nservices: {}}", 2, "services", "a list"),
    ("{services: [\n\n'booking']}", 3, "services[0]", "an object"),
    ("{services: [\n{executables: ['/x'], dialect: 'toggle'}]}", 2, "services[0]", "the key name"),
    ("{services: [{\nname: 'Booking'}]}", 2, "services[0].name", "a-z, 0-9"),
    ("{services: [{\nname: 'a/b'}]}", 2, "services[0].name", "a-z, 0-9"),
    ("{services: [{\nname: 'pid:1'}]}", 2, "services[0].name", "a-z, 0-9"),
    ("{services: [{\nname: ''}]}", 2, "services[0].name", "a-z, 0-9"),
    ("{services: [{\nname: 'rest-api', executables: ['/x']}]}", 2, "services[0].name", "or \"api\""),
    ("{services: [\n{name: 'booking', executables: ['/x']}]}", 2, "services[0]", "the key dialect"),
    (
      "{services: [\n{name: 'booking', dialect: 'toggle', images: ['a/b']}]}", 2, "services[0]",
      "the key exec"
    ),
    ("{services: [\n{name: 'api'}]}", 2, "services[0]", "executables or the key images"),
    ("{services: [\n{name: 'b', executables: ['/x'], dialect: null}]}", 2, "services[0]", "the key dialect"),
    ("{services: [{name: 'b',\ndialect: 'none'}]}", 2, "services[0].dialect", "\"toggle\", \"latch\" or"),
    (
      "{services: [{name: 'driver', executables: ['/x'],\ndialect: 'latch'}]}", 2, "services[0].dialect",
      "driver"
    ),
    (
      "{services: [{name: 'b', dialect: 'toggle', executables: ['/a',\n'b']}]}", 2,
      "services[0].executables[1]", "the absolute path"
    ),
    (
      "{services: [{name: 'b', dialect: 'toggle', executables:\n'/a'}]}", 1, "services[0].executables",
      "a list"
    ),
    (
      "{services: [{name: 'b', dialect: 'toggle', executables: [\n'/a/']}]}", 2,
      "services[0].executables[0]", "of a file"
    ),
    (
      "{services: [{name: 'b', dialect: 'toggle', executables: [\n'/a/../b']}]}", 2,
      "services[0].executables[0]", "the absolute path"
    ),
    ("{services: [{name: 'api', images: [\n'a/b:latest']}]}", 2, "services[0].images[0]", "without tag"),
    ("{services: [{name: 'api', images: [\n7]}]}", 2, "services[0].images[0]", "without tag"),
    (
      "{services: [{name: 'api', images: ['a']},\n{name: 'api', images: ['b']}]}", 2, "services[1].name",
      "one entry"
    ),
    (
      "{services: [{name: 'api', executables: ['/a']},\n{name: 'core', executables: ['/a']}]}", 2,
      "services[1].executables[0]", "it is api's already"
    ),
  ]

  @Test("what is wrong is told by line, key, and what was expected", arguments: Self.flaws)
  func flaw(text: String, line: Int, key: String, expected: String) {
    do {
      Issue.record("taken: \(try parsed(text))")
    } catch {
      #expect(error.line == line, "\(error)")
      #expect(error.key == key, "\(error)")
      #expect(error.expected.contains(expected), "\(error)")
    }
  }

  @Test("text that is no UTF-8 is refused by its line, and any beginning of a text without a trap")
  func encoding() throws {
    let bytes = Array("{\n// ".utf8) + [0xff] + Array("\n}".utf8)
    #expect(throws: ConfigurationFlaw(line: 2, key: "", expected: "text in UTF-8")) {
      try Configuration(parsing: bytes)
    }
    let whole = Array("{guard: {free_percent: 5}, services: [{name: 'api', images: ['a\\u0062/c']}]}".utf8)
    _ = try Configuration(parsing: whole)
    for length in 0..<whole.count {
      #expect(throws: ConfigurationFlaw.self) { try Configuration(parsing: Array(whole[..<length])) }
    }
  }

  @Test("values may be in one another so deep, and no deeper")
  func depth() {
    let text = String(repeating: "[", count: 100_000)
    do {
      Issue.record("taken: \(try parsed(text))")
    } catch {
      #expect(error.expected.contains("at most 32 nested"))
    }
  }
}
