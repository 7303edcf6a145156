import Testing

@testable import PlaceOS

@Suite("The catalogue")
struct CatalogueTests {
  static let words: [(word: String, service: String)] = [
    ("api", "api"), ("rest-api", "api"), ("staff", "staff"), ("staff-api", "staff"),
    ("triggers", "triggers"), ("core", "core"), ("edge", "edge"), ("frontends", "frontends"),
    ("frontend-loader", "frontends"), ("dispatch", "dispatch"), ("search-ingest", "search-ingest"),
    ("rubber-soul", "search-ingest"), ("source", "source"), ("mqtt", "source"), ("build", "build"),
    ("auth", "auth"), ("placeos-auth", "auth"), ("driver", "driver"), ("build-api", "build-api"),
    ("ai-support-agent", "ai-support-agent"),
  ]

  @Test("A service is found by its name and by its aliases", arguments: words)
  func names(word: String, service: String) {
    #expect(Catalogue.placeOS.service(named: word)?.name == service)
  }

  @Test("Nothing is known but these words, and each belongs to one service")
  func knownNames() {
    #expect(Catalogue.placeOS.knownNames == Self.words.map(\.word).sorted())
    #expect(Set(Catalogue.placeOS.knownNames).count == Catalogue.placeOS.knownNames.count)
  }

  @Test(
    "What is no name finds nothing",
    arguments: [
      "", " ", "API", "api ", "apis", "placeos/rest-api", "init", "nginx", "postgres", "*", "api/x",
    ])
  func unknown(word: String) {
    #expect(Catalogue.placeOS.service(named: word) == nil)
  }

  @Test(
    "A mistyped name gets the nearest one as a suggestion",
    arguments: [
      ("apo", "api"), ("aip", "api"), ("apii", "api"), ("rset-api", "rest-api"), ("restapi", "rest-api"),
      ("cor", "core"), ("croe", "core"), ("triger", "triggers"), ("trigers", "triggers"),
      ("frontend", "frontends"), ("frontendloader", "frontend-loader"), ("dispach", "dispatch"),
      ("rubersoul", "rubber-soul"), ("drivers", "driver"), ("bulid", "build"), ("sources", "source"),
      ("staffapi", "staff-api"), ("serch-ingest", "search-ingest"),
    ])
  func suggestions(word: String, nearest: String) {
    #expect(Catalogue.placeOS.nearestName(to: word) == nearest)
  }

  @Test(
    "A word that is near to nothing gets no suggestion",
    arguments: ["", "x", "postgres", "nginx", "everything", "--all", String(repeating: "api", count: 1000)])
  func noSuggestion(word: String) {
    #expect(Catalogue.placeOS.nearestName(to: word) == nil)
  }

  @Test(
    "The distance counts an exchange of neighbours as one step",
    arguments: [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "bca", 2),
      ("abcd", "badc", 2), ("kitten", "sitting", 3), ("a", "b", 1),
    ])
  func distance(first: String, second: String, steps: Int) {
    #expect(Spelling.distance(first, second) == steps)
    #expect(Spelling.distance(second, first) == steps)
  }

  @Test("A service is also called by what its images are called")
  func namesFromImages() {
    #expect(Catalogue.placeOS.service(named: "api")?.names == ["api", "rest-api"])
    #expect(Catalogue.placeOS.service(named: "frontends")?.names == ["frontends", "frontend-loader"])
    #expect(Catalogue.placeOS.service(named: "auth")?.names == ["auth", "placeos-auth"])
  }
}
