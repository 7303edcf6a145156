import Testing

@testable import PlaceOS
@testable import Switching

@Suite("Selections")
struct SelectionTests {
  typealias Place = SelectionSubject.Place

  static let first = Place(id: "aaaa1111", name: "rest-api", pod: nil, namespace: nil)
  static let second = Place(id: "aaaa2222", name: "rest-api-2", pod: nil, namespace: nil)
  static let core = Place(id: "bbbb3333", name: "core", pod: nil, namespace: nil)
  static let podOne = Place(id: "dddd1111", name: nil, pod: "triggers-7c9f", namespace: "default")
  static let podTwo = Place(id: "dddd2222", name: "sidecar", pod: "triggers-7c9f", namespace: "default")

  static let subjects: [SelectionSubject] = [
    subject("api", 10, first), subject("api", 11, first), subject("api", 12, second),
    subject("core", 13, core),
    subject("driver", 14, core, "/app/bin/drivers/drivers_place_meet_c54390a"),
    subject("driver", 15, core, "/app/bin/drivers/drivers_cisco_switch_0a1b2c3"),
    subject("driver", 16, nil, "/app/bin/drivers/place_calendar"),
    subject("staff", 17, nil), subject("triggers", 18, podOne), subject("triggers", 19, podTwo),
  ]

  static func subject(_ service: String, _ pid: Int32, _ place: Place?, _ executable: String = "/x")
    -> SelectionSubject
  {
    SelectionSubject(service: service, pid: pid, executable: executable, place: place)
  }

  /// The pids that words select, and the words that select nothing.
  static func resolve(
    _ words: [String], _ subjects: [SelectionSubject] = subjects
  ) throws -> (pids: [Int32], unmatched: [String]) {
    let selection = Selection.these(try words.map { try Selector(parsing: $0, catalogue: .placeOS) })
    let (chosen, unmatched) = try selection.resolve(subjects)
    return (chosen.map { subjects[$0].pid }.sorted(), unmatched.map(\.word))
  }

  static let cases: [([String], [Int32])] = [
    (["api"], [10, 11, 12]), (["rest-api"], [10, 11, 12]), (["core"], [13]), (["driver"], [14, 15, 16]),
    (["api/rest-api"], [10, 11]), (["api/rest-api-2"], [12]), (["api/aaaa1"], [10, 11]),
    (["api/aaaa2222"], [12]),
    (["core/b"], [13]), (["triggers/triggers-7c9f"], [18, 19]), (["triggers/sidecar"], [19]),
    (["triggers/dddd1"], [18]),
    (["pid:17"], [17]), (["pid:14"], [14]), (["staff"], [17]),
    // Their union.
    (["api", "api/rest-api", "pid:10"], [10, 11, 12]),
    (["core", "pid:19", "driver/place_meet"], [13, 14, 19]),
    (["driver/place_meet"], [14]), (["driver/drivers_place_meet"], [14]),
    (["driver/place_meet_c54390a"], [14]),
    (["driver/drivers_place_meet_c54390a"], [14]), (["driver/place_*"], [14, 16]),
    (["driver/drivers_place_*"], [14, 16]),
    (["driver/*"], [14, 15, 16]), (["driver/*switch"], [15]), (["driver/place_????"], [14]),
    (["driver/[c]*"], [15]),
    (["driver/place_calendar"], [16]), (["driver/PLACE_*"], [14, 16]),
    // In any case, and containers by globs.
    (["api/REST-API"], [10, 11]), (["API/rest-*"], [10, 11, 12]), (["api/*"], [10, 11, 12]),
    (["api/rest-api-[2]"], [12]), (["triggers/default/triggers-7c9f"], [18, 19]),
    (["triggers/TRIGGERS-*"], [18, 19]),
    // The container alone, without its drivers.
    (["rest-api-2"], [12]), (["REST-API-2"], [12]), (["rest-api-*"], [12]), (["sidecar"], [19]),
    (["triggers-7c9f"], [18, 19]),
  ]

  @Test("Words select processes", arguments: cases)
  func selects(words: [String], pids: [Int32]) throws {
    let found = try Self.resolve(words)
    #expect(found.pids == pids)
    #expect(found.unmatched == [])
  }

  @Test(
    "What selects nothing is named, and the rest still counts",
    arguments: [
      ["edge"], ["api/nothing"], ["api/rest"], ["core/aaaa1"], ["staff/x"], ["api/1111"], ["api/x*"],
      ["pid:1"], ["driver/meet"], ["driver/place_meet_c5"], ["api/triggers-7c9f"],
      ["triggers/default"],
    ])
  func unmatched(words: [String]) throws {
    let alone = try Self.resolve(words)
    #expect(alone.pids == [])
    #expect(alone.unmatched == words)
    let together = try Self.resolve(["staff"] + words)
    #expect(together.pids == [17])
    #expect(together.unmatched == words)
  }

  @Test("A name that fits two containers is refused, and both are listed")
  func ambiguous() throws {
    let error = #expect(throws: SelectorError.self) { try Self.resolve(["staff", "api/aaaa"]) }
    #expect(
      error == .ambiguous(.contained(service("api"), name: "aaaa"), containers: [Self.first, Self.second]))
  }

  @Test(
    "A name that neither a service nor a container has is an error",
    arguments: ["nothing", "aaaa", "bbbb3333x"])
  func nobodys(word: String) throws {
    let error = #expect(throws: SelectorError.self) { try Self.resolve(["staff", word]) }
    #expect(error == .unknownService(word, nearest: nil, known: SelectorTests.known))
    // What is recorded is not all that there is.
    let selection = Selection.these([SelectorTests.container(word)])
    #expect(try selection.resolve(Self.subjects, isWhole: false).unmatched.map(\.word) == [word])
  }

  @Test("A container alone may be named by as much of its id as docker ps shows")
  func byID() throws {
    let id = String(repeating: "0123456789abcdef", count: 4)
    let place = Place(id: id, name: "x", pod: nil, namespace: nil)
    let subjects = [Self.subject("core", 1, place), Self.subject("driver", 2, place)]
    #expect(try Self.resolve(["0123456789ab"], subjects).pids == [1])
    #expect(throws: SelectorError.self) { try Self.resolve(["0123456789a"], subjects) }
  }

  @Test("A swarm's service is all of its tasks")
  func swarm() throws {
    func task(_ name: String, _ id: String) -> Place { Place(id: id, name: name, pod: nil, namespace: nil) }
    let end = String(repeating: "k3", count: 12) + "x"
    let subjects = [
      Self.subject("api", 1, task("stack_api.1.\(end)", "11")),
      Self.subject("api", 2, task("stack_api.2.\(end)", "22")),
      Self.subject("api", 3, task("stack_api.\(end).\(end)", "33")),
      Self.subject("api", 4, task("stack_api.x.\(end)", "44")),
      Self.subject("api", 5, task("stack_api2.1.\(end)", "55")),
    ]
    #expect(try Self.resolve(["api/stack_api"], subjects).pids == [1, 2, 3])
    #expect(try Self.resolve(["Stack_API"], subjects).pids == [1, 2, 3])
    #expect(try Self.resolve(["api/stack_api.2.\(end)"], subjects).pids == [2])
  }

  @Test("The name of one counts before the beginning of another's id")
  func nameBeforeID() throws {
    let subjects = [
      Self.subject("api", 1, Place(id: "1234", name: "cafe", pod: nil, namespace: nil)),
      Self.subject("api", 2, Place(id: "cafe5678", name: "rest-api", pod: nil, namespace: nil)),
    ]
    #expect(try Self.resolve(["api/cafe"], subjects).pids == [1])
    #expect(try Self.resolve(["api/cafe5"], subjects).pids == [2])
  }

  @Test("One's name may be another's pod: never a guess")
  func ambiguousKinds() throws {
    let byName = Place(id: "1234", name: "cafe", pod: nil, namespace: nil)
    let byID = Place(id: "cafe5678", name: nil, pod: nil, namespace: nil)
    let byPod = Place(id: "9999", name: nil, pod: "cafe", namespace: "default")
    let elsewhere = Place(id: "8888", name: nil, pod: "cafe", namespace: "test")
    for (one, other) in [(byName, byPod), (byPod, elsewhere)] {
      let subjects = [
        Self.subject("api", 1, one), Self.subject("api", 2, other), Self.subject("core", 3, byID),
      ]
      let error = #expect(throws: SelectorError.self) { try Self.resolve(["api/cafe"], subjects) }
      guard case .ambiguous(let selector, let containers) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(selector.word == "api/cafe")
      #expect(Set(containers) == [one, other])
      #expect(try Self.resolve(["core/cafe"], subjects).pids == [3])
    }
  }

  @Test("Pods of one name are told apart by their namespaces; the wrong one selects nothing")
  func namespaces() throws {
    let names = [("placeos", "api-0"), ("staging", "api-0"), ("staging", "api-1")]
    let subjects = names.enumerated().map { index, name in
      let place = Place(id: "\(index)000", name: "api", pod: name.1, namespace: name.0)
      return Self.subject("api", Int32(index + 1), place)
    }
    func pids(_ word: String) throws -> [Int32] { try Self.resolve([word], subjects).pids }
    #expect(try pids("api/placeos/api-0") == [1])
    #expect(try pids("api/staging/api-0") == [2])
    #expect(try pids("rest-api/STAGING/API-1") == [3])
    #expect(try pids("api/api-1") == [3])
    #expect(try pids("api/staging/*") == [2, 3] && pids("api/*/api-0") == [1, 2])
    for word in [
      "api/placeos/api-1", "api/production/api-0", "core/placeos/api-0", "api/placeos", "api//api-0",
    ] {
      #expect(try Self.resolve([word], subjects).unmatched == [word])
    }
    #expect(throws: SelectorError.self) { try pids("api/api-0") }
  }

  @Test("Two containers of one service that bear the same name are two")
  func sameName() throws {
    let subjects = [
      Self.subject("api", 1, Place(id: "1111", name: "api", pod: nil, namespace: nil)),
      Self.subject("api", 2, Place(id: "2222", name: "api", pod: nil, namespace: nil)),
    ]
    #expect(throws: SelectorError.self) { try Self.resolve(["api/api"], subjects) }
    #expect(try Self.resolve(["api/1"], subjects).pids == [1])
    #expect(try Self.resolve(["api"], subjects).pids == [1, 2])
  }

  @Test("No selector at all is everything")
  func everything() throws {
    let (chosen, unmatched) = try Selection.these([]).resolve(Self.subjects)
    #expect(chosen == Set(Self.subjects.indices))
    #expect(unmatched == [])
    #expect(!Selection.these([]).isAll)
  }

  @Test("--all is every service, and drivers only where they are named too")
  func all() throws {
    func pids(_ drivers: [String]) throws -> ([Int32], [String]) {
      let selection = Selection.all(
        drivers: try drivers.map { try Selector(parsing: $0, catalogue: .placeOS) })
      #expect(selection.isAll)
      let (chosen, unmatched) = try selection.resolve(Self.subjects)
      return (chosen.map { Self.subjects[$0].pid }.sorted(), unmatched.map(\.word))
    }
    let services: [Int32] = [10, 11, 12, 13, 17, 18, 19]
    #expect(try pids([]) == (services, []))
    #expect(try pids(["driver"]) == ([10, 11, 12, 13, 14, 15, 16, 17, 18, 19], []))
    #expect(try pids(["driver/place_meet"]) == ([10, 11, 12, 13, 14, 17, 18, 19], []))
    #expect(try pids(["driver/nothing"]) == (services, ["driver/nothing"]))
  }

  @Test("Where there is nothing, nothing is selected")
  func nothing() throws {
    #expect(try Self.resolve(["api", "pid:5"], []) == ([], ["api", "pid:5"]))
    #expect(try Selection.all(drivers: []).resolve([]).chosen == [])
  }
}

@Suite struct BackendSelectionTests {
  @Test func storeSelectsTheServicesThatUseIt() throws {
    let subjects = ["api", "core", "dispatch", "staff", "driver"].enumerated().map {
      SelectionSubject(service: $0.element, pid: Int32($0.offset + 1), executable: "/x", place: nil)
    }
    let redis = try Selection.these([.backend(.redis)]).resolve(subjects)
    #expect(redis.chosen == [0, 1, 4])
    let postgres = try Selection.these([.backend(.postgresql)]).resolve(subjects)
    #expect(postgres.chosen == [0, 1, 3])
  }

  @Test func unknownStoreIsAnErrorThatListsTheKnownOnes() {
    #expect(
      throws: SelectorError.unknownBackend(
        "backend:nginx", nearest: nil, known: BackingStore.allCases.map(\.rawValue))
    ) {
      try Selector(parsing: "backend:nginx", catalogue: .placeOS)
    }
  }
}
