/// What the administrator of a host adds to the catalogue: a service of their own, or an own build of one that is
/// known. It is their word for which processes are the service's, and so it proves them.
public struct ServiceAddition: Hashable, Sendable {
  /// The name of a service of the catalogue, or a new one.
  public let name: String
  /// Absolute paths, as the process sees them. None where images are said.
  public let executables: [String]
  /// Image repositories, with as much of their path as matters; without tag.
  public let images: [String]
  /// What a signal does to it; `nil`: what its symbols and its handlers say, as with PlaceOS's own builds.
  public let dialect: Dialect?

  public init(name: String, executables: [String], images: [String], dialect: Dialect?) {
    self.name = name
    self.executables = executables
    self.images = images
    self.dialect = dialect
  }

  /// Whether the process is the service's by this: it executes one of the paths or, under the base name of one of
  /// the service's executables, runs in a container that was made from one of the images.
  func covers(_ facts: ProcessFacts, service: Service) -> Bool {
    if executables.contains(facts.executable) { return true }
    let base = Path.lastComponent(of: facts.executable)
    return isMade(facts.container)
      && (executables + service.executables).contains { Path.lastComponent(of: $0) == base }
  }

  /// Whether it also proves the process that it covers: where images are said, what runs in a container must be in
  /// one of those, for within a container anybody may choose a path.
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
  /// The catalogue with what an administrator has added. Of a name that is new a service is made.
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

  /// The addition that a process is covered by, and its service, which speaks the addition's dialect.
  func addition(covering facts: ProcessFacts) -> (addition: ServiceAddition, service: Service)? {
    for addition in additions {
      guard let service = service(named: addition.name), addition.covers(facts, service: service)
      else { continue }
      return (addition, addition.dialect.map(service.speaking) ?? service)
    }
    return nil
  }
}
