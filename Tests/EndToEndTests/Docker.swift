import Testing

/// The real Docker Engine of the test machine.
final class Docker: ContainerEngine {
  static var isHere: Bool { TestMachine.variable("PLACEOS_LOGLEVEL_DOCKER") != nil }
  private static var client: ContainerClient {
    ContainerClient(
      program: TestMachine.variable("PLACEOS_LOGLEVEL_DOCKER") ?? "docker",
      creating: ["--restart", "unless-stopped"])
  }

  init() { super.init(Self.client) }

  /// Runs a command of the client's to its end, which must be a good one; its standard output.
  @discardableResult
  static func run(_ arguments: [String]) throws -> String { try client.run(arguments) }
}

/// What an image from scratch is made of.
struct DockerImage: Hashable {
  let name: String
  /// Paths in the image, and the fixtures that are there.
  var files: [String: String]
  var entrypoint: String
  var command: [String]
  /// What Docker runs in the container every second, as long as it lasts.
  var healthCheck: [String]?
  /// Whether a stand-in of PlaceOS is its main program, and not a decoy.
  var isStandIn = true

  var instructions: [String] {
    func list(_ words: [String]) -> String { "[" + words.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
    var lines = ["ENTRYPOINT \(list([entrypoint]))", "CMD \(list(command))"]
    if let healthCheck { lines.append("HEALTHCHECK --interval=1s --timeout=1h CMD \(list(healthCheck))") }
    return lines
  }

  /// A service's image, whose ENTRYPOINT and CMD both name the executable.
  static func service(_ repository: String, _ executable: String, _ fixture: String) -> DockerImage {
    DockerImage(
      name: "registry.example/placeos/\(repository):latest", files: [executable: fixture],
      entrypoint: executable, command: [executable, "-b", "0.0.0.0", "-p", "3000"],
      healthCheck: [executable, "-c", "http://localhost:3000/"])
  }

  static let api = service("rest-api", "/rest-api", "toggle-static")
  static let staff = service("staff-api", "/app", "latch-static")
  static let triggers = service("triggers", "/triggers", "toggle-static")
  /// With a driver beside it, for a container of core to run.
  static let core = {
    var image = service("core", "/bin/core", "toggle-static")
    image.files[driver] = "driver-static"
    return image
  }()
  static let driver = "/app/bin/drivers/drivers_place_meet_c54390a"
}

extension Trait where Self == ConditionTrait {
  static var needsDocker: Self { .enabled(if: Docker.isHere, "needs the Docker Engine of the test machine") }
}
