import Containers
import Glibc

/// A real engine of containers, for one test: the containers and images that were made through it go with it, by
/// their ids, however the test ends.
class ContainerEngine {
  let client: ContainerClient
  let scratch = Scratch()
  private var images: [DockerImage: String] = [:]
  private var containers: [String] = []

  init(_ client: ContainerClient) { self.client = client }

  deinit {
    if !containers.isEmpty { _ = try? client.run(["rm", "--force"] + client.removing + containers) }
    if !images.isEmpty { _ = try? client.run(["rmi", "--force"] + Set(images.values)) }
  }

  /// Makes the image, unless this test has it already.
  private func build(_ image: DockerImage) throws {
    guard images[image] == nil else { return }
    let folder = "image-\(images.count)"
    for (path, fixture) in image.files {
      _ = try scratch.copy(of: TestMachine.fixture(fixture), as: folder + path)
    }
    let archive = scratch(folder + ".tar")
    _ = try ContainerClient(program: "/bin/tar").run(
      ["--create", "--file", archive, "--directory", scratch(folder), "."])
    let changes = image.instructions.flatMap { ["--change", $0] }
    let id = try client.run(["import"] + changes + [archive, image.name])
    images[image] = String(id.prefix { !$0.isWhitespace })
  }

  /// Starts a container, as uid 10001 and without a network, and waits until what runs in it is ready.
  ///
  /// - Parameters:
  ///   - options: further ones of `create`, such as `--init`.
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
      "create", "--name", name, "--network", "none", "--user", "10001", "--volume", "\(truth):/truth",
    ]
    for (key, value) in variables { arguments += ["--env", "\(key)=\(value)"] }
    if let project { arguments += ["--label", "com.docker.compose.project=\(project)"] }
    if let service { arguments += ["--label", "com.docker.compose.service=\(service)"] }
    arguments += client.creating + options + [image.name] + (command ?? [])
    let id = String(try client.run(arguments).prefix { !$0.isWhitespace })
    containers.append(id)
    try client.run(["start", id])
    let container = DockerContainer(
      id: id, name: name, image: image.name, truth: truth, client: client)
    try container.awaitReadiness(image.isStandIn)
    return container
  }
}
