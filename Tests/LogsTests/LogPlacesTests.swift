import Logs
import Testing

@Suite("What writes to a log") struct LogPlacesTests {
  /// Whether the log is given up after each look.
  private func looks(_ count: Int, at present: Set<String>, _ places: inout LogPlaces) -> [Bool] {
    (0..<count).map { _ in places.areAbandoned(present) }
  }

  @Test("A log is given up when nothing of it has been there for ten minutes, a look each second")
  func absent() {
    var places = LogPlaces("a")
    #expect(looks(600, at: ["b"], &places) == Array(repeating: false, count: 600))
    #expect(places.areAbandoned(["a"]) == false)
    #expect(looks(601, at: [], &places) == Array(repeating: false, count: 600) + [true])
  }

  @Test("The log of a pod goes on with the container that has come in the place of another")
  func replaced() {
    var places = LogPlaces("first")
    #expect(looks(10, at: [], &places).contains(true) == false)
    places.join(LogPlaces("second"))
    #expect(places.names == ["first", "second"])
    #expect(looks(2000, at: ["second"], &places).contains(true) == false)
    // A crash loop must not make it grow.
    #expect(places.names == ["second"])
  }

  @Test("Of two that share a log, the one that is left keeps it")
  func shared() {
    var places = LogPlaces("core")
    places.join(LogPlaces("driver"))
    #expect(looks(1000, at: ["core", "driver"], &places).contains(true) == false)
    #expect(looks(1000, at: ["core"], &places).contains(true) == false)
  }
}
