/// The services of PlaceOS that this program knows. The one file to open when PlaceOS gains or renames a service.
public struct Catalogue: Sendable {
  public let services: [Service]
  /// What the administrator has added.
  public let additions: [ServiceAddition]

  public init(services: [Service], additions: [ServiceAddition] = []) {
    self.services = services
    self.additions = additions
  }

  /// The catalogue of PlaceOS itself. Older paths follow newer ones.
  public static let placeOS = Catalogue(services: [
    Service(
      name: "ai-support-agent", executables: ["/ai-support-agent"], images: ["placeos/ai-support-agent"],
      note: "has no handler: SIGUSR1 would kill it, so it is listed and refused"),
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
      name: "build-api", executables: ["/app/build-api"], images: ["placeos/build_service"]),
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

  /// Base names that any program may have: such a name alone proves nothing, so the container must agree.
  static let ambiguousNames: Set<String> = ["app", "core", "build", "source", "edge", "mqtt"]

  /// The service that `word` names, by name or by alias.
  public func service(named word: String) -> Service? {
    services.first { $0.name == word || $0.aliases.contains(word) }
  }

  /// Every word that ``service(named:)`` takes, sorted.
  public var knownNames: [String] { services.flatMap { [$0.name] + $0.aliases }.sorted() }

  /// The known name nearest to a mistyped one, if any is near enough to suggest.
  public func nearestName(to word: String) -> String? { Spelling.nearest(to: word, among: knownNames) }
}
