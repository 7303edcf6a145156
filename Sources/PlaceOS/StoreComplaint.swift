/// How it stands with a store, for one process or for all.
public enum StoreState: String, Sendable, Codable {
  case ok, refused, unreachable, hangs, closes, unresolved, degraded, unknown

  /// Whether something has to be done about it.
  public var isFailure: Bool { self != .ok && self != .unknown }
}

/// What a line of a service's log says against a store.
public struct StoreComplaint: Hashable, Sendable {
  public let store: BackingStore
  /// How it fails; `nil` where the line does not say.
  public let state: StoreState?

  /// - Parameters:
  ///   - line: one line in any format that services log in, a further line of an exception included.
  ///   - uses: what the service is to reach; a complaint about anything else is none.
  /// - Returns: `nil` for a line that says nothing against them.
  public init?(parsing line: String, service: String, uses: [StoreUse]) {
    let state = Self.state(in: line)
    // Host and port in the line are the surest, then what only one client library or source says.
    let named = uses.first { use in
      state != nil
        && (line.contains("\(use.address)") || line.contains("lookup for \(use.address.host) failed"))
    }
    guard let store = named?.store ?? Self.store(in: line, service: service),
      uses.contains(where: { $0.store == store })
    else { return nil }
    self.store = store
    self.state = state
  }

  private static func store(in line: String, service: String) -> BackingStore? {
    for (store, signs) in signs where signs.contains(where: { line.contains($0) }) { return store }
    // In search-ingest the pool can be Elasticsearch's.
    return service != "search-ingest" && line.contains("DB::PoolTimeout") ? .postgresql : nil
  }

  private static func state(in line: String) -> StoreState? {
    states.first { $0.signs.contains { line.contains($0) } }?.state
  }

  private static let states: [(state: StoreState, signs: [String])] = [
    (.unresolved, ["Hostname lookup for"]),
    (.refused, ["Connection refused", "DB::ConnectionRefused"]),
    (.unreachable, ["Connect timed out", "No route to host", "Network is unreachable"]),
    (.hangs, ["Read timed out", "DB::PoolTimeout"]),
    (.closes, ["NOAUTH", "WRONGPASS", "authentication failed", "invalid password", "ERR AUTH"]),
    (
      .degraded,
      [
        "MISCONF", "No space left on device", "could not extend file", "cluster is up, but unhealthy",
        "READONLY", "OOM command not allowed",
      ]
    ),
    (.closes, ["ConnectionLost", "Disconnected from database", "Connection reset", "Broken pipe"]),
  ]

  private static let signs: [(BackingStore, [String])] = [
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
  ]
}
