/// The services of PlaceOS that this program knows. The one file to open when PlaceOS gains or renames a service.
public struct Catalogue: Sendable {
  public let services: [Service]

  public init(services: [Service]) { self.services = services }

  /// The catalogue of PlaceOS itself. Older paths follow newer ones.
  public static let placeOS = Catalogue(services: [
    Service(
      name: "api", aliases: ["rest-api"],
      executables: ["/rest-api", "/engine-api", "/app", "/app/engine-api"],
      images: ["placeos/rest-api"]),
    Service(
      name: "auth", aliases: ["placeos-auth"], executables: ["/placeos-auth"],
      images: ["placeos/auth"],
      note: "Crystal builds only; under Puma SIGUSR1 is a restart, so those are listed and refused"),
    Service(
      name: "build", executables: ["/app/bin/build", "/bin/build"], images: ["placeos/build"],
      subcommand: "server"),
    Service(
      name: "core",
      executables: ["/bin/core", "/app/bin/core", "/engine-core", "/app/bin/engine-core"],
      images: ["placeos/core"]),
    Service(
      name: "dispatch", executables: ["/dispatch", "/app"], images: ["placeos/dispatch"]),
    Service(
      name: "driver", kind: .driver, executables: ["/app/bin/drivers/"],
      note: "the process log only: the loggers of its modules keep their level"),
    Service(
      name: "edge", executables: ["/bin/edge", "/edge"], images: ["placeos/edge"],
      note: "from 2024-08; older ones have no handler and are refused"),
    Service(
      name: "frontends", aliases: ["frontend-loader"],
      executables: ["/frontends", "/app/bin/frontends", "/app/bin/frontend-loader"],
      images: ["placeos/frontend-loader", "placeos/frontends"]),
    Service(
      name: "search-ingest", aliases: ["rubber-soul"],
      executables: ["/search-ingest", "/rubber-soul", "/app/rubber-soul"],
      images: ["placeos/search-ingest", "placeos/rubber-soul"]),
    Service(
      name: "source", aliases: ["mqtt"],
      executables: ["/source", "/app/source", "/app/bin/source", "/app/bin/mqtt"],
      images: ["placeos/source"]),
    Service(
      name: "staff", aliases: ["staff-api"], executables: ["/staff-api", "/app"],
      images: ["placeos/staff-api"]),
    Service(
      name: "triggers", executables: ["/triggers", "/engine-triggers", "/app"],
      images: ["placeos/triggers"]),
  ])

  /// Base names that any program may bear: one of these alone says nothing, so the container must agree.
  static let poorNames: Set<String> = ["app", "core", "build", "source", "edge", "mqtt"]

  /// The service that `word` names, be it by name or by alias.
  public func service(named word: String) -> Service? {
    services.first { $0.name == word || $0.aliases.contains(word) }
  }

  /// Every word that ``service(named:)`` takes, sorted.
  public var knownNames: [String] { services.flatMap { [$0.name] + $0.aliases }.sorted() }

  /// The known name that is nearest to a mistyped one, if any is near enough to be worth a suggestion.
  public func nearestName(to word: String) -> String? {
    let near = knownNames.map { (name: $0, distance: Self.editDistance(word, $0)) }
      .filter { $0.distance <= max(1, $0.name.count / 3) }
    // Of two that are as near, the one that begins as the word does: few people mistype the first letters.
    func rank(_ candidate: (name: String, distance: Int)) -> (Int, Int) {
      (candidate.distance, -zip(word, candidate.name).prefix { $0 == $1 }.count)
    }
    return near.min { rank($0) < rank($1) }?.name
  }

  /// Levenshtein's distance, with the exchange of two neighbours as one step (typing errors).
  static func editDistance(_ first: String, _ second: String) -> Int {
    let a = Array(first.prefix(64)), b = Array(second.prefix(64))
    var beforeLast = [Int](), last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
