import Testing

@testable import PlaceOS
@testable import Switching

@Suite("Selectors")
struct SelectorTests {
  static func parse(_ word: String) throws(SelectorError) -> Selector {
    try Selector(parsing: word, catalogue: .placeOS)
  }

  static let words: [(String, Selector, String)] = [
    ("api", .service(service("api")), "api"), ("rest-api", .service(service("api")), "api"),
    ("mqtt", .service(service("source")), "source"), ("driver", .service(service("driver")), "driver"),
    ("api/rest-api-1", .contained(service("api"), name: "rest-api-1"), "api/rest-api-1"),
    ("frontend-loader/x", .contained(service("frontends"), name: "x"), "frontends/x"),
    ("api/a/b", .contained(service("api"), name: "a/b"), "api/a/b"),
    ("api//", .contained(service("api"), name: "/"), "api//"),
    ("api/*", .contained(service("api"), name: "*"), "api/*"),
    ("driver/place_*", .driver(service("driver"), glob: "place_*"), "driver/place_*"),
    ("driver/a/b", .driver(service("driver"), glob: "a/b"), "driver/a/b"),
    ("pid:1", .pid(1), "pid:1"), ("pid:0042", .pid(42), "pid:42"),
    ("pid:2147483647", .pid(.max), "pid:2147483647"),
    ("backend:redis", .backend(.redis), "backend:redis"),
    ("backend:KeyDB", .backend(.redis), "backend:redis"),
    ("backend:postgres", .backend(.postgresql), "backend:postgresql"),
    ("API", .service(service("api")), "api"), ("Rest-API/x", .contained(service("api"), name: "x"), "api/x"),
    ("PID:7", .pid(7), "pid:7"), ("Backend:Redis", .backend(.redis), "backend:redis"),
    ("placeos-api-1", container("placeos-api-1"), "placeos-api-1"),
    ("placeos-*", container("placeos-*"), "placeos-*"),
    ("apo", container("apo", nearest: "api"), "apo"),
    ("postgress", container("postgress", nearest: "backend:postgresql"), "postgress"),
    ("postgres", container("postgres", nearest: "backend:postgresql"), "postgres"),
  ]

  static let known = [
    "ai-support-agent", "api", "auth", "build", "build-api", "core", "dispatch", "driver", "edge",
    "frontends", "search-ingest", "source", "staff", "triggers",
  ]

  static func container(_ name: String, nearest: String? = nil) -> Selector {
    .container(name: name, Selector.UnknownName(nearest: nearest, known: known))
  }

  @Test("A word becomes a selector, and the selector the word again", arguments: words)
  func parsing(word: String, selector: Selector, written: String) throws {
    #expect(try Self.parse(word) == selector)
    #expect(selector.word == written)
    #expect(try Self.parse(selector.word) == selector)
  }

  @Test("Nothing selects nothing")
  func empty() { #expect(throws: SelectorError.empty) { try Self.parse("") } }

  @Test(
    "What is no pid is said to be none",
    arguments: [
      "pid:", "pid:0", "pid:-1", "pid:+1", "pid:x", "pid:1 ", "pid: 1", "pid:1x", "pid:0x10",
      "pid:2147483648",
      "pid:99999999999999999999", "pid:١٢", "pid:１", "pid:1/2", "pid:1,2", "pid:1\n",
    ])
  func noPid(word: String) { #expect(throws: SelectorError.notAPid(word)) { try Self.parse(word) } }

  @Test("A slash wants a name behind it", arguments: ["api/", "rest-api/", "driver/"])
  func emptyName(word: String) { #expect(throws: SelectorError.emptyName(word)) { try Self.parse(word) } }

  @Test(
    "An unknown service is named, with the nearest one and all there are",
    arguments: [
      ("rset-api/x", "rset-api", "rest-api"), ("drivers/*", "drivers", "driver"),
      ("/api", "", nil), ("*", "*", nil), ("--all", "--all", nil), (" ", " ", nil), ("a b", "a b", nil),
      ("ä", "ä", nil),
    ] as [(String, String, String?)])
  func unknown(word: String, name: String, nearest: String?) {
    #expect(throws: SelectorError.unknownService(name, nearest: nearest, known: Self.known)) {
      try Self.parse(word)
    }
  }

  @Test("A time names nothing, and is said to be one", arguments: ["30m", "1h30m", "2d", "90s"])
  func time(word: String) { #expect(throws: SelectorError.isTime(word)) { try Self.parse(word) } }

  @Test(
    "A driver's name is without what the build adds",
    arguments: [
      ("/app/bin/drivers/drivers_place_meet_c54390a", "place_meet"),
      ("/app/bin/drivers/drivers_place_meet", "place_meet"),
      ("drivers_cisco_switch_0a1b2c3d4e", "cisco_switch"), ("place_meet_c54390a", "place_meet"),
      ("/app/bin/drivers/drivers_a_12345", "a_12345"), ("/app/bin/drivers/drivers_a_C54390A", "a_C54390A"),
      ("/app/bin/drivers/drivers_a_c5439zz", "a_c5439zz"), ("drivers_", ""), ("", ""), ("trivial", "trivial"),
    ])
  func driverNames(path: String, name: String) {
    #expect(SelectionSubject.driverName(ofExecutable: path) == name)
  }

  @Test("What is offered to a shell selects what is there, and each word once")
  func offered() throws {
    let words = Selector.words(selecting: SelectionTests.subjects)
    #expect(
      words == [
        "api", "api/rest-api", "api/rest-api-2", "core", "core/core", "driver", "driver/cisco_switch",
        "driver/place_calendar", "driver/place_meet", "staff", "triggers", "triggers/triggers-7c9f",
      ])
    for word in words { #expect(try SelectionTests.resolve([word]).unmatched == []) }
  }

  @Test(
    "A name that a shell would read something into is not offered",
    arguments: [
      "$(reboot)", "`reboot`", "a b", "a;b", "a\nb", "a\"b", "a'b", "a\\b", "*", "a{b,c}", "~", "a&b", "ä",
      "", "a:b",
    ])
  func hostileOffer(name: String) throws {
    let place = SelectionTests.Place(id: "aaaa1111", name: name, pod: nil, namespace: nil)
    let subjects = [
      SelectionTests.subject("api", 10, place), SelectionTests.subject("driver", 11, nil, "/drivers/\(name)"),
    ]
    #expect(
      Selector.words(selecting: subjects).allSatisfy { ["api", "driver", "driver/drivers"].contains($0) })
  }

  @Test("A container without a name is offered by its id")
  func nameless() {
    let place = SelectionTests.Place(
      id: "0123456789abcdef0123456789abcdef", name: nil, pod: nil, namespace: nil)
    #expect(
      Selector.words(selecting: [SelectionTests.subject("api", 10, place)]) == ["api", "api/0123456789ab"])
  }
}
