import Containers
import Glibc
import Ledger
import PlaceOS
import Processes

/// One word of the command line that says which processes are meant.
public enum Selector: Hashable, Sendable {
  case service(Service)
  /// A service in one container or pod.
  case contained(Service, name: String)
  /// Drivers by the name of their executable.
  case driver(Service, glob: String)
  case pid(Int32)
  /// The services that use a backing store here.
  case backend(BackingStore)

  /// Parses `api`, `api/NAME`, `driver`, `driver/GLOB`, `backend:NAME` or `pid:N`.
  public init(parsing word: String, catalogue: Catalogue) throws(SelectorError) {
    guard !word.isEmpty else { throw .empty }
    if word.hasPrefix("pid:") {
      let digits = word.dropFirst(4)
      guard !digits.isEmpty, digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber),
        let pid = Int32(digits), pid > 0
      else { throw .notAPid(word) }
      self = .pid(pid)
      return
    }
    if word.hasPrefix("backend:") {
      guard let store = BackingStore(named: String(word.dropFirst("backend:".count))) else {
        throw .unknownBackend(word, known: BackingStore.allCases.map(\.rawValue))
      }
      self = .backend(store)
      return
    }
    let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let service = catalogue.service(named: String(parts[0])) else {
      throw .unknownService(
        String(parts[0]), nearest: catalogue.nearestName(to: String(parts[0])),
        known: catalogue.services.map(\.name))
    }
    guard parts.count == 2 else {
      self = .service(service)
      return
    }
    guard !parts[1].isEmpty else { throw .emptyName(word) }
    self =
      service.kind == .driver
      ? .driver(service, glob: String(parts[1])) : .contained(service, name: String(parts[1]))
  }

  /// The word as it would be typed.
  public var word: String {
    switch self {
    case .service(let service): service.name
    case .contained(let service, let name): "\(service.name)/\(name)"
    case .driver(let service, let glob): "\(service.name)/\(glob)"
    case .pid(let pid): "pid:\(pid)"
    case .backend(let store): "backend:\(store.rawValue)"
    }
  }
}

/// Why a word selects nothing, or nothing certain. All are errors of use.
public enum SelectorError: Error, Hashable, Sendable {
  case empty
  case notAPid(String)
  case unknownBackend(String, known: [String])
  case unknownService(String, nearest: String?, known: [String])
  /// `api/` with nothing behind the slash.
  case emptyName(String)
  /// A name that fits several containers.
  case ambiguous(Selector, containers: [SelectionSubject.Place])
}

/// What selection looks at; instances and ledger entries both have it.
public struct SelectionSubject: Hashable, Sendable {
  /// Where a process runs.
  public struct Place: Hashable, Sendable {
    public let id: String
    public let name: String?
    public let pod: String?
    public let namespace: String?

    public init(id: String, name: String?, pod: String?, namespace: String?) {
      self.id = id
      self.name = name
      self.pod = pod
      self.namespace = namespace
    }

    init(_ container: LedgerEntry.Container) {
      self.init(
        id: container.id, name: container.name, pod: container.podName, namespace: container.podNamespace)
    }
  }

  public let service: String
  public let pid: Int32
  public let executable: String
  public let place: Place?
  /// The very process; `nil` for a service that none works for just now.
  public private(set) var identity: ProcessIdentity?
  /// The service where it runs.
  public private(set) var servicePlace: ServicePlace?
  /// The stores that its environment names; `nil` where it names none, or is not known.
  private var namedStores: Set<BackingStore>?

  /// The backing stores that it uses: by its environment or, where that is silent, by what its service uses.
  var stores: Set<BackingStore> { namedStores ?? StoreUse.stores(ofService: service) }

  public init(service: String, pid: Int32, executable: String, place: Place?) {
    self.service = service
    self.pid = pid
    self.executable = executable
    self.place = place
  }
}

extension SelectionSubject {
  public init(_ instance: Instance) {
    self.init(
      service: instance.service.name, pid: instance.identity.pid, executable: instance.executable.path,
      place: instance.container.map { Place(LedgerEntry.Container($0)) })
    identity = instance.identity
    servicePlace = Outcome.Target(instance).place
  }

  init(_ process: RecognisedProcess) {
    self.init(
      service: process.service.name, pid: process.identity.pid, executable: process.executable.path,
      place: process.container.map { Place(LedgerEntry.Container($0)) })
    namedStores = process.namedStores
    identity = process.identity
    servicePlace = ServicePlace(
      service: process.service.name, executable: process.executable.path,
      container: process.container.map(LedgerEntry.Container.init))
  }

  public init(_ entry: LedgerEntry) {
    self.init(
      service: entry.service, pid: entry.identity.pid, executable: entry.executable,
      place: entry.container.map(Place.init))
    identity = entry.identity
    servicePlace = entry.place
  }

  /// Of a service that is followed. No process has the pid 0: pid_t 0 stands for other things (kill(2)).
  public init(_ followed: FollowedService) {
    self.init(
      service: followed.service, pid: 0, executable: followed.executable,
      place: followed.container.map(Place.init))
    servicePlace = followed.place
  }

  /// The driver's name without what the build adds: `drivers_place_meet_c54390a` is `place_meet`.
  public static func driverName(ofExecutable path: String) -> String {
    var name = String(path.split(separator: "/").last ?? "")
    if name.hasPrefix("drivers_") { name.removeFirst("drivers_".count) }
    if let mark = name.lastIndex(of: "_") {
      let hash = name[name.index(after: mark)...]
      if hash.count >= 6, hash.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) {
        name = String(name[..<mark])
      }
    }
    return name
  }
}

/// What a command is about.
public enum Selection: Hashable, Sendable {
  /// Every service of the catalogue; drivers only where a driver selector is given with it.
  case all(drivers: [Selector])
  /// The union of what these select. None: everything (where a command allows that).
  case these([Selector])
  /// These very processes, such as the agent has a hold on.
  case processes(Set<ProcessIdentity>)
  /// Whatever processes do the work of these services where they run.
  case places(Set<ServicePlace>)

  /// Whether `--all` was said: what cannot be switched is then only reported.
  public var isAll: Bool { if case .all = self { true } else { false } }

  /// Which of `subjects` are selected, by their index, and which selectors found nothing.
  ///
  /// - Throws: `SelectorError.ambiguous` where a name fits two containers: never a guess.
  public func resolve(
    _ subjects: [SelectionSubject]
  ) throws(SelectorError) -> (chosen: Set<Int>, unmatched: [Selector]) {
    switch self {
    case .these([]): return (Set(subjects.indices), [])
    case .these(let selectors): return try Self.union(of: selectors, subjects)
    case .processes(let identities):
      return (Set(subjects.indices.filter { subjects[$0].identity.map(identities.contains) ?? false }), [])
    case .places(let places):
      return (Set(subjects.indices.filter { subjects[$0].servicePlace.map(places.contains) ?? false }), [])
    case .all(let drivers):
      var (chosen, unmatched) = try Self.union(of: drivers, subjects)
      for index in subjects.indices where subjects[index].service != "driver" { chosen.insert(index) }
      return (chosen, unmatched)
    }
  }

  private static func union(
    of selectors: [Selector], _ subjects: [SelectionSubject]
  ) throws(SelectorError) -> (Set<Int>, [Selector]) {
    var chosen: Set<Int> = []
    var unmatched: [Selector] = []
    for selector in selectors {
      let found = try selector.matches(among: subjects)
      if found.isEmpty { unmatched.append(selector) }
      chosen.formUnion(found)
    }
    return (chosen, unmatched)
  }
}

extension Selector {
  fileprivate func matches(among subjects: [SelectionSubject]) throws(SelectorError) -> [Int] {
    switch self {
    case .service(let service): return subjects.indices.filter { subjects[$0].service == service.name }
    case .pid(let pid): return subjects.indices.filter { subjects[$0].pid == pid }
    case .backend(let store): return subjects.indices.filter { subjects[$0].stores.contains(store) }
    case .driver(let service, let glob):
      return subjects.indices.filter {
        subjects[$0].service == service.name && Self.driver(subjects[$0].executable, fits: glob)
      }
    case .contained(let service, let name):
      let fitting = subjects.indices.filter {
        subjects[$0].service == service.name && (subjects[$0].place?.fits(name) ?? false)
      }
      let places = Set(fitting.compactMap { subjects[$0].place })
      // Two containers of one pod, named by the pod, are one place.
      let pods = Set(places.map { $0.pod == name ? "pod \($0.namespace ?? "")" : $0.id })
      guard pods.count <= 1 else {
        throw .ambiguous(self, containers: places.sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) })
      }
      return fitting
    }
  }

  /// Whether a driver's executable fits the glob (fnmatch(3)), with or without `drivers_` and the hash.
  private static func driver(_ executable: String, fits glob: String) -> Bool {
    let full = String(executable.split(separator: "/").last ?? "")
    let bare = SelectionSubject.driverName(ofExecutable: executable)
    let withoutPrefix = full.hasPrefix("drivers_") ? String(full.dropFirst("drivers_".count)) : full
    let names = [full, bare, withoutPrefix, "drivers_" + bare]
    return names.contains(where: { fnmatch(glob, $0, 0) == 0 })
  }
}

extension SelectionSubject.Place {
  /// Whether `word` is this container's name, its id or the beginning of it, or its pod's name.
  fileprivate func fits(_ word: String) -> Bool { name == word || pod == word || id.starts(with: word) }
}
