/// What recognition looks at: the executable, its arguments and the container. Never the command line as
/// text.
public struct ProcessFacts: Hashable, Sendable {
  /// What is known of the container that a process runs in.
  public struct ContainerFacts: Hashable, Sendable {
    /// Names given to it: the container's own, its name in a pod.
    public let names: [String]
    /// Its service's name in a compose project.
    public let composeService: String?
    public let image: String?

    public init(names: [String], composeService: String?, image: String?) {
      self.names = names
      self.composeService = composeService
      self.image = image
    }
  }

  /// The path of the executable inside the process's own tree, without the kernel's " (deleted)".
  public let executable: String
  public let arguments: [String]
  /// The process's name, proc_pid_comm(5): at most 15 bytes, and the process may change it.
  public let comm: String
  /// `nil` outside any container.
  public let container: ContainerFacts?
  /// Whether the executable has symbols of the `PlaceOS::` namespace.
  public let hasPlaceOSSymbols: Bool
  /// The requested variables of its environment, without secrets.
  public let environment: [String: String]

  public init(
    executable: String, arguments: [String], comm: String, container: ContainerFacts?,
    hasPlaceOSSymbols: Bool = false, environment: [String: String] = [:]
  ) {
    self.executable = executable
    self.arguments = arguments
    self.comm = comm
    self.container = container
    self.hasPlaceOSSymbols = hasPlaceOSSymbols
    self.environment = environment
  }

  /// Whether an executable shared by several services (`/app`, until 2022-09) is staff's: it listens on 8080,
  /// the others on 3000, and only it had PostgreSQL while they had RethinkDB.
  fileprivate var isStaffs: Bool {
    for flag in ["-p", "--port"] {
      guard let index = arguments.firstIndex(of: flag), index + 1 < arguments.count else { continue }
      return arguments[index + 1] == "8080"
    }
    return environment.keys.contains { $0.hasPrefix("PG_") }
      && !environment.keys.contains { $0.hasPrefix("RETHINKDB_") }
  }
}

/// What proves that a process belongs to PlaceOS, and does not merely have the name.
public enum Proof: String, Sendable {
  /// Symbols of the `PlaceOS::` namespace in its executable; Crystal keeps them unless it is stripped.
  case symbols
  /// The image that its container was made from.
  case image
  /// An entry in the administrator's configuration.
  case configuration
}

/// What a process turned out to be.
public enum Recognition: Hashable, Sendable {
  /// A long-running process of this service.
  case service(Service)
  /// Ruby under Puma, in the container of this service: SIGUSR1 would restart it.
  case puma(Service)
  /// A process of this service in an emulator of another architecture: the kernel shows the emulator's
  /// handlers.
  case emulated(Service)
  /// The service's executable on a short errand (health check, `--version` …), which SIGUSR1 would kill.
  case errand(Service)
  /// Not a PlaceOS service.
  case other
}

extension Catalogue {
  /// The names of the executables of PlaceOS's processes.
  public var executableNames: ExecutableNames { executableNames(of: services) }

  /// The names of the executables of these services. A process with any other name is not theirs.
  public func executableNames(of services: [Service]) -> ExecutableNames {
    let names = Set(services.map(\.name))
    let paths =
      services.filter { $0.kind == .service }.flatMap(\.executables)
      + additions.filter { names.contains($0.name) }.flatMap(\.executables)
    let hasDrivers = services.contains { $0.kind == .driver }
    return ExecutableNames(of: paths, driverFolder: hasDrivers ? Self.driverFolder : nil)
  }

  /// Recognises a process by its executable, its arguments and its container.
  public func recognise(_ facts: ProcessFacts) -> Recognition {
    // A process without arguments has lost its memory, or has none yet: nothing can be said of it.
    guard !facts.arguments.isEmpty else { return .other }
    let base = Path.lastComponent(of: facts.executable)
    if ExecutableNames.isEmulator(base.utf8) { return recogniseEmulated(facts) }
    let added = addition(covering: facts)?.service
    if ExecutableNames.isRuby(base.utf8) {
      let puma = recognisePuma(facts)
      if puma != .other || added == nil { return puma }
    }
    // What the arguments of an administrator's own program mean is unknown: its handlers must do.
    if let added, isAdded(added) { return .service(added) }
    guard let service = added ?? service(of: facts, base: base) else { return .other }
    let isErrand =
      switch service.kind {
      case .service: Arguments(facts).areErrand(subcommand: service.subcommand)
      case .driver: Arguments(facts).areDriverErrand
      }
    return isErrand ? .errand(service) : .service(service)
  }

  /// What proves that a recognised process belongs to PlaceOS; `nil`: only its name says so.
  public func proof(of facts: ProcessFacts) -> Proof? {
    if facts.hasPlaceOSSymbols { return .symbols }
    if let addition = addition(covering: facts)?.addition, addition.proves(facts) { return .configuration }
    guard let image = facts.container?.image else { return nil }
    // The images of an addition prove what it covers, and nothing else that runs in them.
    return services.contains { !isAdded($0) && $0.isMade(from: image) } ? .image : nil
  }

  /// The service that an image is made for, in whatever registry; `nil` if the image is not a PlaceOS
  /// service's.
  public func service(ofImage image: String) -> Service? {
    services.first { $0.kind == .service && !isAdded($0) && $0.isMade(from: image) }
  }

  private func service(of facts: ProcessFacts, base: String) -> Service? {
    let path = facts.executable
    if let driver = services.first(where: { $0.kind == .driver }), !base.isEmpty {
      let folder = Path.folder(of: path)
      if driver.executables.contains(folder) { return driver }
      // Elsewhere on a host, only its symbols make it a driver.
      if facts.hasPlaceOSSymbols, folder.hasSuffix(Self.driverFolder) { return driver }
    }
    let candidates = services.filter { service in
      // An administrator's own service is where the addition says, and nowhere else.
      service.kind == .service && !isAdded(service)
        && service.executables.contains { Path.lastComponent(of: $0, is: base) }
    }
    if !Self.ambiguousNames.contains(base) { return candidates.first }
    if let container = facts.container {
      // `proj-staff-api-1` could be an `api` of `proj-staff` as well.
      let agreeing = candidates.filter { $0.agrees(with: container) }
      let best = agreeing.max { $0.agreement(with: container) < $1.agreement(with: container) }
      if let best { return best }
    }
    if facts.hasPlaceOSSymbols {
      if candidates.count > 1, facts.isStaffs, let staff = candidates.first(where: { $0.name == "staff" }) {
        return staff
      }
      // Certainly PlaceOS's, but which of its services is not always clear: then it gets the executable's
      // name, which no selector takes for another's.
      return candidates.count == 1 ? candidates[0] : Service(name: base, executables: [path])
    }
    guard facts.container == nil else { return nil }
    let exact = candidates.filter { $0.executables.contains(path) }
    return exact.count == 1 ? exact[0] : nil
  }

  /// Whether a service is an addition, not one of PlaceOS.
  private func isAdded(_ service: Service) -> Bool { Self.placeOS.service(named: service.name) == nil }

  private func recogniseEmulated(_ facts: ProcessFacts) -> Recognition {
    let words = facts.arguments.dropFirst()
    guard let program = words.first, program.contains("/"),
      !ExecutableNames.isEmulator(Path.lastComponent(of: program).utf8)
    else { return .other }
    let inner = recognise(
      ProcessFacts(executable: program, arguments: Array(words), comm: facts.comm, container: facts.container)
    )
    if case .service(let service) = inner { return .emulated(service) }
    return .other
  }

  private static let driverFolder = "/bin/drivers/"

  private func recognisePuma(_ facts: ProcessFacts) -> Recognition {
    guard let auth = service(named: "auth"), let container = facts.container,
      auth.agrees(with: container)
    else { return .other }
    // Its title, `puma 5.6.5 (tcp://0.0.0.0:8080) [auth]`, replaces the arguments, and has slashes.
    let isPuma =
      facts.comm.hasPrefix("puma")
      || facts.arguments.prefix(4).contains {
        $0.hasPrefix("puma") || Path.lastComponent(of: $0).hasPrefix("puma")
      }
    return isPuma ? .puma(auth) : .other
  }
}

extension Service {
  /// Whether the container says it is this service's: by its image, or by one of its names.
  public func agrees(with container: ProcessFacts.ContainerFacts) -> Bool {
    agreement(with: container) > 0
  }

  /// How much the container's word counts: 0 if it does not agree; the image counts more than the compose
  /// label, that more than the container's name; of two names that compose made the longer is likelier.
  fileprivate func agreement(with container: ProcessFacts.ContainerFacts) -> Int {
    if let image = container.image, isMade(from: image) { return .max }
    if let composed = container.composeService { return names.contains(composed) ? .max - 1 : 0 }
    return container.names.map { names.contains($0) ? .max - 2 : composedName(in: $0)?.count ?? 0 }.max() ?? 0
  }

  /// Whether this image is the service's, in whatever registry.
  func isMade(from image: String) -> Bool { images.contains(Self.repository(ofImage: image)) }

  /// The last two components of an image's repository, without registry, tag and digest:
  /// `registry:5000/mirror/placeos/rest-api:2.1@sha256:…` is `placeos/rest-api`.
  static func repository(ofImage image: String) -> String {
    name(ofImage: image).split(separator: "/").suffix(2).joined(separator: "/")
  }

  /// An image's repository with its registry, without tag and digest.
  static func name(ofImage image: String) -> String {
    var reference = image.prefix { $0 != "@" }
    if let slash = reference.lastIndex(of: "/") {
      if let colon = reference[slash...].firstIndex(of: ":") { reference = reference[..<colon] }
    } else if let colon = reference.firstIndex(of: ":") {
      reference = reference[..<colon]
    }
    return String(reference)
  }

  /// The service's name in a name that compose made (`PROJECT-SERVICE-1`, `PROJECT_SERVICE_1`), for when
  /// the label that says so for certain is missing.
  private func composedName(in name: String) -> String? {
    for separator in ["-", "_"] {
      guard let last = name.lastIndex(of: Character(separator)),
        name[last...].dropFirst().allSatisfy(\.isNumber), !name.hasSuffix(separator)
      else { continue }
      let fitting = names.filter { name[..<last].hasSuffix(separator + $0) }
      if let longest = fitting.max(by: { $0.count < $1.count }) { return longest }
    }
    return nil
  }
}

/// The arguments of a process after its executable's name.
private struct Arguments {
  /// Options that take a value, which must not be mistaken for an option.
  private static let valued: Set<String> = ["-b", "--bind", "-p", "--port", "-w", "--workers"]
  /// What makes the service's executable do something short and exit.
  private static let errands: Set<Character> = ["c", "v", "r", "e", "d", "h"]
  private static let longErrands: Set<Substring> = [
    "--curl", "--version", "--routes", "--env", "--docs", "--help",
  ]
  private static let driverErrands: Set<String> = [
    "-m", "--metadata", "-d", "--defaults", "-h", "--help", "-v", "--version",
  ]

  private let words: ArraySlice<String>

  init(_ facts: ProcessFacts) {
    // An image whose ENTRYPOINT and CMD both name the binary runs it as `/rest-api /rest-api -b 0.0.0.0`.
    var words = facts.arguments.dropFirst()
    if let first = words.first, first == facts.arguments[0] || first == facts.executable {
      words = words.dropFirst()
    }
    self.words = words
  }

  /// Whether a service's executable was started for an errand, or for a subcommand other than `subcommand`.
  func areErrand(subcommand: String?) -> Bool {
    var firstWord: String?
    var isValue = false
    for word in words {
      if isValue {
        isValue = false
      } else if Self.valued.contains(word) {
        isValue = true
      } else if word.hasPrefix("--") {
        if Self.longErrands.contains(word.prefix { $0 != "=" }) { return true }
      } else if word.hasPrefix("-"), let letter = word.dropFirst().first {
        // Crystal's option parser takes a value without a space too: `-chttp://…`.
        if Self.errands.contains(letter) { return true }
      } else if firstWord == nil {
        firstWord = word
      }
    }
    if let subcommand, let firstWord { return firstWord != subcommand }
    return false
  }

  /// A working driver runs as `PATH -p`; anything else is an errand.
  var areDriverErrand: Bool {
    if words.contains(where: { Self.driverErrands.contains($0) }) { return true }
    return !words.contains { $0 == "-p" || $0 == "--protocol" }
  }
}
