import Containers

/// The containers of a usual compose project, a driver in core's, and health checks that hang in all but one.
struct DockerFleet {
  let api: DockerContainer
  let core: DockerContainer
  let staff: DockerContainer
  let triggers: DockerContainer
  /// The driver's pid on this host.
  let driver: Int32

  var all: [DockerContainer] { [api, core, staff, triggers] }

  init(_ docker: Docker) throws {
    func start(
      _ image: DockerImage, _ name: String, _ options: [String] = [], _ variables: [String: String] = [:]
    ) throws -> DockerContainer {
      let environment = ["STANDIN_CURL_SECONDS": "600"].merging(variables) { $1 }
      return try docker.start(
        image, name: name, project: "placeos", service: name == "rest-api" ? "api" : name,
        environment: environment, options: options)
    }
    api = try start(
      .api, "rest-api", ["--hostname", "api"], ["LOG_LEVEL": "warn", "PLACE_LOG_FORMAT": "json"])
    core = try start(.core, "core", ["--init"], ["SG_ENV": "production"])
    staff = try start(.staff, "staff-api", ["--hostname", "staff"])
    // This one's health check ends, again and again: it becomes healthy.
    triggers = try start(.triggers, "triggers", [], ["STANDIN_CURL_SECONDS": "1"])
    driver = try core.execute(DockerImage.driver, ["-p"])
  }
}
