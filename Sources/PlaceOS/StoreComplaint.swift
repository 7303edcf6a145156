/// The state of a store, for one process or for all.
public enum StoreState: String, Sendable, Codable {
  case ok, refused, unreachable, hangs, closes, unresolved, degraded, unknown

  /// Whether something has to be done about it.
  public var isFailure: Bool { self != .ok && self != .unknown }
}

/// What an entry of a service's log says against a store.
public struct StoreComplaint: Hashable, Sendable {
  public let store: BackingStore
  /// How it fails; `nil` if the entry does not say.
  public let state: StoreState?

  /// - Parameters:
  ///   - entry: one entry in any format that services log in, the further lines of its exception included.
  ///   - uses: the stores that the service is to reach; complaints about anything else do not count.
  /// - Returns: `nil` for an entry that says nothing against them.
  public init?(parsing entry: [UInt8], service: String, uses: [StoreUse]) {
    let found = entry.withUnsafeBytes { Self.table.found(in: $0) }
    guard !found.isEmpty else { return nil }
    let state = Self.states.first { _, signs in signs.contains { found.contains($0) } }?.state
    // Host and port in the entry are the surest, then what only one client library or source says.
    var named: StoreUse?
    if state != nil {
      let names = SignTable(uses.flatMap { ["\($0.address)", "lookup for \($0.address.host) failed"] })
      let first = entry.withUnsafeBytes { names.found(in: $0).min() }
      named = first.map { uses[$0 / 2] }
    }
    guard let store = named?.store ?? Self.store(found, service: service),
      uses.contains(where: { $0.store == store })
    else { return nil }
    self.store = store
    self.state = state
  }

  /// Whether an entry says that there is no instance of core; api and triggers look one up with each request.
  public static func isOfCore(_ entry: [UInt8]) -> Bool {
    !entry.withUnsafeBytes { coreTable.found(in: $0) }.isEmpty
  }

  private static let coreTable = SignTable(["No registered core instances", "failed to request core"])

  private static func store(_ found: Set<Int>, service: String) -> BackingStore? {
    for (store, signs) in stores where signs.contains(where: { found.contains($0) }) { return store }
    // In search-ingest the pool can be Elasticsearch's.
    return service != "search-ingest" && found.contains(poolTimeout) ? .postgresql : nil
  }

  /// All signs in one table, and their numbers in it, in order of meaning.
  private static let table = SignTable(stateSigns.flatMap(\.signs) + storeSigns.flatMap(\.1))
  private static let states: [(state: StoreState, signs: Range<Int>)] = {
    var start = 0
    return stateSigns.map { state, signs in
      defer { start += signs.count }
      return (state, start..<(start + signs.count))
    }
  }()
  private static let stores: [(BackingStore, Range<Int>)] = {
    var start = stateSigns.reduce(0) { $0 + $1.signs.count }
    return storeSigns.map { store, signs in
      defer { start += signs.count }
      return (store, start..<(start + signs.count))
    }
  }()
  private static let poolTimeout =
    stateSigns.flatMap(\.signs).firstIndex(of: "DB::PoolTimeout") ?? Int.max

  private static let stateSigns: [(state: StoreState, signs: [String])] = [
    (.unresolved, ["Hostname lookup for"]),
    (.refused, ["Connection refused", "DB::ConnectionRefused"]),
    (.unreachable, ["Connect timed out", "No route to host", "Network is unreachable"]),
    (.hangs, ["Read timed out", "DB::PoolTimeout"]),
    (.closes, ["NOAUTH", "WRONGPASS", "authentication failed", "invalid password", "ERR AUTH"]),
    (
      .degraded,
      [
        "MISCONF", "No space left on device", "could not extend file", "cluster is up, but unhealthy",
        "READONLY", "OOM command not allowed", "database space exceeded", "read-only / allow delete",
      ]
    ),
    (.closes, ["ConnectionLost", "Disconnected from database", "Connection reset", "Broken pipe"]),
  ]

  private static let storeSigns: [(BackingStore, [String])] = [
    (
      .redis,
      [
        "Redis::CannotConnectError", "Redis::Connection", "node registration failed",
        "redis subscription loop exited", "redis subscription failed", "redis healthcheck failed",
        "connection check to redis", "connection check to <redis", "WRONGPASS", "NOAUTH", "MISCONF",
      ]
    ),
    (
      .postgresql,
      [
        "DB::ConnectionRefused", "DB::ConnectionLost", "DB::PoolRetryAttemptsExceeded", "PQ::",
        "Unable to connect Database url", "detected database connection problem",
        "Disconnected from database", "connection check to postgres",
      ]
    ),
    (
      .etcd,
      [
        "when calling etcd", "keep_alive: lost lease", "generating new etcd client",
        "error while participating in election", "connection check to etcd",
      ]
    ),
    (
      .rethinkdb,
      ["RethinkORM::Error", "rethink_orm.connection", "connection check to rethinkdb"]
    ),
    (
      .elasticsearch,
      [
        "Neuroplastic::Error", "elasticsearch health status", "health request failed:",
        "cluster is up, but unhealthy", "when replicating to elasticsearch", "connection check to elastic",
      ]
    ),
    (.influxdb, ["connection check to influx"]),
    (.core, ["No registered core instances", "failed to request core"]),
    (.build, ["build service failed"]),
  ]
}
