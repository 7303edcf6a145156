/// A store that a process should reach, by its own environment.
public struct StoreUse: Hashable, Sendable {
  public let store: BackingStore
  public let address: StoreAddress
  /// Whether a healthy process always holds a connection to it; for one that connects when it needs to,
  /// having none proves nothing.
  public let holdsConnections: Bool

  public init(store: BackingStore, address: StoreAddress, holdsConnections: Bool) {
    self.store = store
    self.address = address
    self.holdsConnections = holdsConnections
  }

  /// The variables that name stores. Their values can hold passwords: they must not be shown.
  public static let variables: [String] = [
    "REDIS_URL", "PG_DATABASE_URL", "PG_HOST", "PG_PORT", "PG_DB", "PG_DATABASE", "PG_USER", "PG_PASSWORD",
    "PG_DATABASE_READ_URL", "PG_RO_HOST", "RETHINKDB_HOST", "RETHINKDB_PORT", "RETHINKDB_PASSWORD",
    "ETCD_HOST", "ETCD_PORT", "ELASTIC_URI", "ELASTIC_HOST", "ELASTIC_PORT", "ES_URI", "ES_HOST", "ES_PORT",
    "INFLUX_HOST", "CORE_HOST", "CORE_PORT", "BUILD_URL", "BUILD_API_HOST", "BUILD_API_PORT",
  ]

  /// The same environment without anything that may be secret: for variables that name stores, host and port
  /// are left, or if neither can be told, that the variable is set. A variable that points to a file
  /// (`NAME_FILE`) is set, and the file is not read. Other variables stay.
  public static func withoutSecrets(_ environment: [String: String]) -> [String: String] {
    var reduced: [String: String] = [:]
    for (name, value) in environment {
      guard variables.contains(name) else {
        reduced[name] = value
        continue
      }
      if value.isEmpty || name.hasSuffix("_PASSWORD") { continue }
      if name.hasSuffix("_PORT") {
        reduced[name] = UInt16(value).map { "\($0)" } ?? ":"
      } else if ["PG_DB", "PG_DATABASE", "PG_USER"].contains(name) {
        reduced[name] = ":"
      } else {
        // A port of 0 means none is named: the store's default replaces it later.
        let address = StoreAddress(parsing: value, port: 0)
        reduced[name] = address.map { $0.port == 0 ? $0.host : "\($0)" } ?? ":"
      }
    }
    for name in variables where reduced[name] == nil && reduced.removeValue(forKey: name + "_FILE") != nil {
      reduced[name] = "unread"
    }
    return reduced
  }

  /// How a service uses a store: what PlaceOS's services connect to, in any release.
  private static let table: [String: [BackingStore: Bool]] = [
    // true: holds connections. false: connects when it needs to.
    "api": [
      .redis: true, .postgresql: true, .rethinkdb: false, .etcd: false, .elasticsearch: false,
      .influxdb: false, .core: false,
    ],
    "core": [.redis: true, .postgresql: true, .rethinkdb: true, .etcd: true, .build: false],
    "driver": [.redis: true],
    "triggers": [.redis: true, .postgresql: true, .rethinkdb: true, .etcd: false, .core: false],
    "source": [.redis: true, .postgresql: true, .rethinkdb: true, .influxdb: false],
    // Compose also sets REDIS_URL for it, which it does not read.
    "staff": [.postgresql: true],
    "search-ingest": [.postgresql: true, .rethinkdb: true, .elasticsearch: false],
    "frontends": [.postgresql: true, .rethinkdb: true],
    "auth": [.redis: false, .postgresql: false, .rethinkdb: false, .etcd: false],
  ]

  /// The stores of a service whose environment cannot be read.
  public static func stores(ofService service: String) -> Set<BackingStore> {
    Set((table[service] ?? [:]).keys)
  }

  /// The services that use a store, and whose logs report its failure, sorted.
  public static func services(using store: BackingStore) -> [String] {
    table.filter { $0.value[store] != nil }.keys.sorted()
  }

  /// The stores that a process should reach: neither a store that nothing names, nor one that the environment
  /// shows to be superseded (RethinkDB beside PostgreSQL).
  ///
  /// - Parameter environment: those of ``variables`` that the process was started with.
  public static func all(ofService service: String, environment: [String: String]) -> [StoreUse] {
    let variables = environment.filter { !$0.value.isEmpty }
    let uses = (table[service] ?? [:]).flatMap { store, holds in
      addresses(of: store, service: service, variables).map {
        StoreUse(store: store, address: $0, holdsConnections: holds)
      }
    }
    let hasPostgreSQL = uses.contains { $0.store == .postgresql }
    return uses.filter { !hasPostgreSQL || $0.store != .rethinkdb }
      .sorted { ($0.store.rawValue, $0.address.description) < ($1.store.rawValue, $1.address.description) }
  }

  private static func addresses(
    of store: BackingStore, service: String, _ variables: [String: String]
  ) -> [StoreAddress] {
    func url(_ names: String...) -> StoreAddress? {
      for name in names {
        if let value = variables[name] { return StoreAddress(parsing: value, port: store.port) }
      }
      return nil
    }
    func host(_ prefix: String, isNamed: Bool? = nil) -> StoreAddress? {
      let (host, port) = (variables[prefix + "_HOST"], variables[prefix + "_PORT"])
      guard isNamed ?? (host != nil || port != nil) else { return nil }
      return StoreAddress(
        parsing: host ?? "localhost", port: port.flatMap { UInt16($0) } ?? store.port)
    }
    switch store {
    case .redis: return [url("REDIS_URL")].compactMap { $0 }
    case .postgresql:
      let isNamed = ["PG_HOST", "PG_PORT", "PG_DB", "PG_DATABASE", "PG_USER"].contains {
        variables[$0] != nil
      }
      // A URL that cannot be parsed hides what the service would do with it: nothing is expected then.
      let main = variables["PG_DATABASE_URL"] != nil ? url("PG_DATABASE_URL") : host("PG", isNamed: isNamed)
      let replica = url("PG_DATABASE_READ_URL", "PG_RO_HOST")
      return [main, replica == main ? nil : replica].compactMap { $0 }
    case .rethinkdb: return [host("RETHINKDB")].compactMap { $0 }
    case .etcd: return [host("ETCD")].compactMap { $0 }
    case .elasticsearch:
      let isIngest = service == "search-ingest"
      let ingest = isIngest ? url("ELASTIC_URI") ?? host("ELASTIC") : nil
      return [ingest ?? url("ES_URI") ?? host("ES")].compactMap { $0 }
    case .influxdb: return [url("INFLUX_HOST")].compactMap { $0 }
    case .core: return [host("CORE")].compactMap { $0 }
    case .build: return [url("BUILD_URL") ?? host("BUILD_API")].compactMap { $0 }
    }
  }
}

/// Host and port of a store; nothing else of a URL is kept.
public struct StoreAddress: Hashable, Sendable, CustomStringConvertible {
  /// A name, or an address in digits, without brackets.
  public let host: String
  public let port: UInt16

  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Parses a URL (`redis://:password@redis:6379/0`), `HOST:PORT` or `HOST`.
  ///
  /// - Parameter port: used if the text names none.
  /// - Returns: `nil` if there is no host in it.
  public init?(parsing text: String, port: UInt16) {
    var rest = text[...]
    if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
    rest = rest.prefix { $0 != "?" && $0 != "#" }
    // A password may hold a slash, or an @ that should have been encoded: the host follows the last @.
    if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    rest = rest.prefix { $0 != "/" && $0 != "," }
    var host = rest
    var number = port
    if rest.first == "[", let end = rest.firstIndex(of: "]") {
      host = rest[rest.index(after: rest.startIndex)..<end]
      rest = rest[rest.index(after: end)...]
      if rest.first == ":", let given = UInt16(rest.dropFirst()) { number = given }
    } else if let colon = rest.lastIndex(of: ":"), rest.firstIndex(of: ":") == colon {
      host = rest[..<colon]
      guard let given = UInt16(rest[rest.index(after: colon)...]) else { return nil }
      number = given
    }
    guard !host.isEmpty, host.utf8.count <= 253 else { return nil }
    self.init(host: String(host), port: number)
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
