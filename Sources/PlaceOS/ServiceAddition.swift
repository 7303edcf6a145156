/// What a host's administrator adds to the catalogue: a service of their own, or their build of a known one.
/// It is their word for which processes are the service's, so it counts as proof.
public struct ServiceAddition: Hashable, Sendable {
  /// The name of a service in the catalogue, or a new one.
  public let name: String
  /// Absolute paths, as the process sees them. Empty if images are given.
  public let executables: [String]
  /// Image repositories, with as much of their path as matters; without tag.
  public let images: [String]
  /// What a signal does to it; `nil`: its symbols and handlers tell, as with PlaceOS's own builds.
  public let dialect: Dialect?

  public init(name: String, executables: [String], images: [String], dialect: Dialect?) {
    self.name = name
    self.executables = executables
    self.images = images
    self.dialect = dialect
  }

  /// Whether this makes the process the service's: it executes one of the paths, or has the base name of one
  /// of the service's executables and runs in a container made from one of the images.
  func covers(_ facts: ProcessFacts, service: Service) -> Bool {
    if executables.contains(facts.executable) { return true }
    let base = Path.lastComponent(of: facts.executable)
    return isMade(facts.container)
      && (executables + service.executables).contains { Path.lastComponent(of: $0) == base }
  }

  /// Whether it also proves the process it covers: if images are given, a process in a container must be in
  /// one of them, because within a container anybody may choose a path.
  func proves(_ facts: ProcessFacts) -> Bool {
    facts.container == nil || images.isEmpty || isMade(facts.container)
  }

  /// `acme/thing` is the repository of `registry.example/acme/thing:2.1`, and not of `acme/other-thing`.
  private func isMade(_ container: ProcessFacts.ContainerFacts?) -> Bool {
    guard let image = container?.image.map(Service.name(ofImage:)) else { return false }
    return images.contains { image == $0 || image.hasSuffix("/" + $0) }
  }
}

extension Catalogue {
  /// The catalogue with an administrator's additions. A new name makes a new service.
  public func adding(_ additions: [ServiceAddition]) -> Catalogue {
    var services = services
    for addition in additions where service(named: addition.name) == nil {
      services.append(
        Service(
          name: addition.name, executables: addition.executables, images: addition.images,
          dialect: addition.dialect, note: "added by the configuration"))
    }
    return Catalogue(services: services, additions: self.additions + additions)
  }

  /// The addition that covers a process, and its service in the addition's dialect.
  func addition(covering facts: ProcessFacts) -> (addition: ServiceAddition, service: Service)? {
    for addition in additions {
      guard let service = service(named: addition.name), addition.covers(facts, service: service)
      else { continue }
      return (addition, addition.dialect.map(service.speaking) ?? service)
    }
    return nil
  }
}
