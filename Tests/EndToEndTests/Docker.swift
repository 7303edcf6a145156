import Glibc
import Testing

/// The real Docker Engine of the test machine, for one test: the containers and images that were made through
/// it go with it, by their ids, however the test ends.
final class Docker {
  static var isHere: Bool { client != nil }
  private static var client: String? { TestMachine.variable("PLACEOS_LOGLEVEL_DOCKER") }

  struct Failure: Error, CustomStringConvertible {
    let arguments: [String]
    let run: Tool.Run

    var description: String { "docker \(arguments.joined(separator: " ")): \(run.status): \(run.errors)" }
  }

  let scratch = Scratch()
  private var images: [DockerImage: String] = [:]
  private var containers: [String] = []

  deinit {
    if !containers.isEmpty { _ = try? Self.run(["rm", "--force"] + containers) }
    if !images.isEmpty { _ = try? Self.run(["rmi", "--force"] + Set(images.values)) }
  }

  /// Runs a command of the client's to its end, which must be a good one; its standard output.
  @discardableResult
  static func run(_ arguments: [String]) throws -> String {
    let run = try Command.run(client ?? "docker", arguments)
    guard run.status == 0 else { throw Failure(arguments: arguments, run: run) }
    return run.output
  }

  /// Makes the image, unless this test has it already.
  private func build(_ image: DockerImage) throws {
    guard images[image] == nil else { return }
    let folder = "image-\(images.count)"
    for (path, fixture) in image.files {
      _ = try scratch.copy(of: TestMachine.fixture(fixture), as: folder + path)
    }
    let archive = scratch(folder + ".tar")
    let packed = try Command.run(
      "/bin/tar", ["--create", "--file", archive, "--directory", scratch(folder), "."])
    guard packed.status == 0 else { throw Failure(arguments: ["(tar)"], run: packed) }
    let changes = image.instructions.flatMap { ["--change", $0] }
    let id = try Self.run(["import"] + changes + [archive, image.name])
    images[image] = String(id.prefix { !$0.isWhitespace })
  }

  /// Starts a container, as uid 10001 and without a network, and waits until what runs in it is ready.
  ///
  /// - Parameters:
  ///   - options: further ones of `docker create`, such as `--init`.
  ///   - project, service: the labels that compose gives.
  func start(
    _ image: DockerImage, name: String, project: String? = nil, service: String? = nil,
    environment: [String: String] = [:], options: [String] = [], command: [String]? = nil
  ) throws -> DockerContainer {
    try build(image)
    let truth = scratch.folder("truth-\(containers.count)")
    // What runs inside is nobody's user on this host.
    chmod(truth, 0o777)
    var variables = [
      "STANDIN_TRUTH_FILE": "/truth/level", "STANDIN_SIGNAL_FILE": "/truth/signals",
      "DECOY_SIGNAL_FILE": "/truth/signals",
    ]
    variables.merge(environment) { $1 }
    var arguments = [
      "create", "--name", name, "--network", "none", "--user", "10001", "--restart", "unless-stopped",
      "--volume", "\(truth):/truth",
    ]
    for (key, value) in variables { arguments += ["--env", "\(key)=\(value)"] }
    if let project { arguments += ["--label", "com.docker.compose.project=\(project)"] }
    if let service { arguments += ["--label", "com.docker.compose.service=\(service)"] }
    arguments += options + [image.name] + (command ?? [])
    let id = String(try Self.run(arguments).prefix { !$0.isWhitespace })
    containers.append(id)
    try Self.run(["start", id])
    let container = DockerContainer(id: id, name: name, image: image.name, truth: truth)
    try container.awaitReadiness(image.isStandIn)
    return container
  }
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
