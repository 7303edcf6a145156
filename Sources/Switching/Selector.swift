import Containers
import Ledger
import PlaceOS
import Processes
import Text

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
  /// The services, without the drivers, in the container of this name, which is not a service's.
  case container(name: String, UnknownName)

  /// What to say of a name that nothing has.
  public struct UnknownName: Hashable, Sendable {
    /// What may have been meant.
    public let nearest: String?
    /// The services that exist.
    public let known: [String]
  }

  /// Parses `api`, `api/NAME`, `driver`, `driver/GLOB`, `backend:NAME`, `pid:N` or `NAME`. Case does not matter.
  public init(parsing word: String, catalogue: Catalogue) throws(SelectorError) {
    guard !word.isEmpty else { throw .empty }
    let lower = word.lowercased()
    if lower.hasPrefix("pid:") {
      let digits = word.dropFirst(4)
      guard !digits.isEmpty, digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber),
        let pid = Int32(digits), pid > 0
      else { throw .notAPid(word) }
      self = .pid(pid)
      return
    }
    if lower.hasPrefix("backend:") {
      guard let store = BackingStore(named: String(word.dropFirst("backend:".count))) else {
        throw .unknownBackend(
          word, nearest: BackingStore.nearestName(to: String(word.dropFirst("backend:".count))),
          known: BackingStore.allCases.map(\.rawValue))
      }
      self = .backend(store)
      return
    }
    let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let service = catalogue.service(named: name) ?? catalogue.service(named: name.lowercased()) else {
      if DurationText(parsing: word) != nil { throw .isTime(word) }
      let unknown = UnknownName(name, catalogue)
      if parts.count == 1, Self.mayNameContainer(word) {
        self = .container(name: word, unknown)
        return
      }
      throw .unknownService(name, nearest: unknown.nearest, known: unknown.known)
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
    case .container(let name, _): name
    }
  }

  /// Whether a container may have this name, or a pattern fit such a name: no runtime allows other
  /// characters.
  private static func mayNameContainer(_ word: String) -> Bool {
    word.first != "-" && word.contains { $0.isASCII && ($0.isLetter || $0.isNumber) }
      && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-*?[]".contains($0)) }
  }
}

extension Selector.UnknownName {
  init(_ name: String, _ catalogue: Catalogue) {
    func store(_ store: BackingStore) -> String { "backend:\(store.rawValue)" }
    nearest =
      BackingStore(named: name).map(store) ?? catalogue.nearestName(to: name)
      ?? BackingStore.nearestName(to: name).flatMap(BackingStore.init(named:)).map(store)
    known = catalogue.services.map(\.name)
  }
}

/// What selection reads; instances and ledger entries both have it.
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

    init(_ container: Container) {
      self.init(
        id: container.id, name: container.name, pod: container.pod?.name, namespace: container.pod?.namespace)
    }
  }

  public let service: String
  public let pid: Int32
  public let executable: String
  public let place: Place?
  /// The very process; `nil` for a service that no process works for at present.
  public private(set) var identity: ProcessIdentity?
  /// The service where it runs.
  public private(set) var servicePlace: ServicePlace?
  /// The stores that its environment names; `nil` if it names none, or is unknown.
  private var namedStores: Set<BackingStore>?

  /// The backing stores that it uses: by its environment or, if that names none, by what its service uses.
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
    self.init(Outcome.Target(instance))
  }

  /// From the outcome for a process.
  public init(_ target: Outcome.Target) {
    self.init(
      service: target.service, pid: target.identity.pid, executable: target.executable,
      place: target.container.map(Place.init))
    identity = target.identity
    servicePlace = target.place
  }

  init(_ process: RecognisedProcess) {
    self.init(
      service: process.service.name, pid: process.identity.pid, executable: process.executable.path,
      place: process.container.map(Place.init))
    namedStores = process.namedStores
    identity = process.identity
    servicePlace = ServicePlace(
      service: process.service.name, executable: process.executable.path,
      container: process.container)
  }

  public init(_ entry: HistoryEntry) {
    self.init(
      service: entry.service, pid: entry.pid, executable: entry.executable,
      place: entry.container.map {
        Place(id: $0.id, name: $0.name, pod: entry.pod?.name, namespace: entry.pod?.namespace)
      })
  }

  public init(_ entry: LedgerEntry) {
    self.init(
      service: entry.service, pid: entry.identity.pid, executable: entry.executable,
      place: entry.container.map(Place.init))
    identity = entry.identity
    servicePlace = entry.place
  }

  /// From a followed service. No process has the pid 0: pid_t 0 means other things (kill(2)).
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

extension Selector {
  /// Whether it selects this one, whatever else there was at that moment.
  public func includes(_ subject: SelectionSubject) -> Bool {
    // With only one, nothing can be ambiguous.
    (try? matches(among: [subject]))?.isEmpty == false
  }

  func matches(among subjects: [SelectionSubject]) throws(SelectorError) -> [Int] {
    switch self {
    case .service(let service): return subjects.indices.filter { subjects[$0].service == service.name }
    case .pid(let pid): return subjects.indices.filter { subjects[$0].pid == pid }
    case .backend(let store): return subjects.indices.filter { subjects[$0].stores.contains(store) }
    case .driver(let service, let glob):
      return subjects.indices.filter {
        subjects[$0].service == service.name && Self.driver(subjects[$0].executable, fits: glob)
      }
    case .contained(let service, let name):
      return try contained(in: name, subjects) { $0.service == service.name }
    case .container(let name, _):
      return try contained(in: name, subjects) { $0.service != "driver" }
    }
  }

  /// Those in the containers that a word names best.
  private func contained(
    in name: String, _ subjects: [SelectionSubject], _ isWanted: (SelectionSubject) -> Bool
  ) throws(SelectorError) -> [Int] {
    var shortestID = 1
    // A word alone is more likely a name than the start of an id.
    if case .container = self { shortestID = 12 }
    let fits = subjects.map { isWanted($0) ? $0.place?.fit(name, shortestID: shortestID) : nil }
    guard let best = fits.compactMap({ $0 }).min() else { return [] }
    let fitting = subjects.indices.filter { fits[$0] == best }
    // These may mean several.
    if best == .pattern || best == .swarmService { return fitting }
    let places = Set(fitting.compactMap { subjects[$0].place })
    // Two containers of one pod, named by the pod, are one place.
    let pods = Set(places.map { $0.isOfPod(name) ? "pod \($0.namespace ?? "")" : $0.id })
    guard pods.count <= 1 else {
      throw .ambiguous(self, containers: places.sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) })
    }
    return fitting
  }

  /// Whether a driver's executable fits the glob (fnmatch(3)), with or without `drivers_` and the hash.
  private static func driver(_ executable: String, fits glob: String) -> Bool {
    let full = String(executable.split(separator: "/").last ?? "")
    let bare = SelectionSubject.driverName(ofExecutable: executable)
    let withoutPrefix = full.hasPrefix("drivers_") ? String(full.dropFirst("drivers_".count)) : full
    let names = [full, bare, withoutPrefix, "drivers_" + bare]
    return names.contains { Glob.fits($0, glob) }
  }
}
