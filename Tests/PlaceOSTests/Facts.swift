@testable import PlaceOS

/// What recognition looks at, with as little as a test has to say.
func facts(
  _ executable: String, _ arguments: [String]? = nil, comm: String? = nil,
  in container: ProcessFacts.ContainerFacts? = nil, hasSymbols: Bool = false
) -> ProcessFacts {
  ProcessFacts(
    executable: executable, arguments: arguments ?? [executable],
    comm: comm ?? String(Path.lastComponent(of: executable).prefix(15)), container: container,
    hasPlaceOSSymbols: hasSymbols)
}

func container(
  names: [String] = [], compose: String? = nil, image: String? = nil
) -> ProcessFacts.ContainerFacts {
  ProcessFacts.ContainerFacts(names: names, composeService: compose, image: image)
}

func service(_ name: String) -> Service {
  guard let service = Catalogue.placeOS.service(named: name) else { preconditionFailure(name) }
  return service
}

func mayBePlaceOS(_ path: String) -> Bool {
  Array(path.utf8).withUnsafeBufferPointer(Catalogue.placeOS.executableNames.include)
}
func recognise(_ facts: ProcessFacts) -> Recognition { Catalogue.placeOS.recognise(facts) }

/// One row of the table of services.
struct Row: Sendable, CustomStringConvertible {
  let service: String
  let executable: String
  let images: [String]
  /// What people and compose call its container.
  let names: [String]
  /// What it is started with besides its own path.
  let arguments: [String]
  /// Whether any program may have this name.
  let isPoor: Bool

  var description: String { "\(executable) of \(service)" }
  var command: [String] { [executable] + arguments }

  private init(
    _ service: String, _ executable: String, images: [String], names: [String],
    arguments: [String] = [], isPoor: Bool = false
  ) {
    self.service = service
    self.executable = executable
    self.images = images
    self.names = names
    self.arguments = arguments
    self.isPoor = isPoor
  }

  static let all: [Row] =
    rows("api", ["/rest-api", "/engine-api", "/app/engine-api"], ["rest-api"], ["api", "rest-api"])
    + rows("api", poor: ["/app"], ["rest-api"], ["api", "rest-api"])
    + rows("staff", ["/staff-api"], ["staff-api"], ["staff", "staff-api"])
    + rows("staff", poor: ["/app"], ["staff-api"], ["staff", "staff-api"])
    + rows("triggers", ["/triggers", "/engine-triggers"], ["triggers"], ["triggers"])
    + rows("triggers", poor: ["/app"], ["triggers"], ["triggers"])
    + rows("core", ["/engine-core", "/app/bin/engine-core"], ["core"], ["core"])
    + rows("core", poor: ["/bin/core", "/app/bin/core"], ["core"], ["core"])
    + rows("edge", poor: ["/bin/edge", "/edge"], ["edge"], ["edge"])
    + rows(
      "frontends", ["/frontends", "/app/bin/frontends", "/app/bin/frontend-loader"],
      ["frontend-loader", "frontends"], ["frontends", "frontend-loader"])
    + rows("dispatch", ["/dispatch"], ["dispatch"], ["dispatch"])
    + rows("dispatch", poor: ["/app"], ["dispatch"], ["dispatch"])
    + rows(
      "search-ingest", ["/search-ingest", "/rubber-soul", "/app/rubber-soul"],
      ["search-ingest", "rubber-soul"], ["search-ingest", "rubber-soul"])
    + rows(
      "source", poor: ["/source", "/app/source", "/app/bin/source", "/app/bin/mqtt"], ["source"],
      ["source", "mqtt"])
    + rows("build", poor: ["/app/bin/build", "/bin/build"], ["build"], ["build"], arguments: ["server"])
    + rows("build-api", ["/app/build-api"], ["build_service"], ["build-api"])
    + rows("ai-support-agent", ["/ai-support-agent"], ["ai-support-agent"], ["ai-support-agent"])
    + rows("auth", ["/placeos-auth"], ["auth"], ["auth", "placeos-auth"])

  private static func rows(
    _ service: String, _ telling: [String] = [], poor: [String] = [], _ images: [String],
    _ names: [String], arguments: [String] = []
  ) -> [Row] {
    (telling.map { ($0, false) } + poor.map { ($0, true) }).map { path, isPoor in
      Row(
        service, path, images: images.map { "placeos/\($0)" }, names: names, arguments: arguments,
        isPoor: isPoor)
    }
  }
}
