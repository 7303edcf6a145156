/// What PlaceOS's services cannot work without: the stores, and the services that others call.
public enum BackingStore: String, Sendable, Codable, CaseIterable {
  case redis, postgresql, etcd, rethinkdb, elasticsearch, influxdb, core, build

  /// Other words for it, such as people type and compose files use.
  public var aliases: [String] {
    switch self {
    case .redis: ["keydb"]
    case .postgresql: ["postgres", "pg"]
    case .elasticsearch: ["elastic", "es"]
    case .rethinkdb: ["rethink"]
    case .influxdb: ["influx"]
    case .etcd, .core, .build: []
    }
  }

  /// - Parameter word: its name or an alias, in any case.
  public init?(named word: String) {
    let word = word.lowercased()
    guard let store = Self.allCases.first(where: { $0.rawValue == word || $0.aliases.contains(word) })
    else { return nil }
    self = store
  }

  /// The name or alias nearest to a mistyped one, if any is near enough to suggest.
  public static func nearestName(to word: String) -> String? {
    Spelling.nearest(to: word.lowercased(), among: allCases.flatMap { [$0.rawValue] + $0.aliases })
  }

  /// Its default port.
  public var port: UInt16 {
    switch self {
    case .redis: 6379
    case .postgresql: 5432
    case .etcd: 2379
    case .rethinkdb: 28015
    case .elasticsearch: 9200
    case .influxdb: 8086
    case .core, .build: 3000
    }
  }

  /// What users notice when it fails.
  public var usersSee: String {
    switch self {
    case .redis:
      "status changes and signals stop, modules do not load, executes fail; logins and lists still work"
    case .postgresql, .rethinkdb: "logins and most requests fail; WebSockets that are open go on"
    case .etcd: "executes and WebSocket requests fail, core cannot join the cluster; other requests work"
    case .elasticsearch: "lists and searches in Backoffice fail, the rest works"
    case .influxdb: "analytics are not recorded and not shown, the rest works"
    case .core: "modules do not load, and executes fail with \"no core instances\""
    case .build: "drivers that are new or changed are not compiled, those that run go on"
    }
  }

  /// What to try in a browser to see it.
  public var tryThis: String {
    switch self {
    case .redis, .core: "execute a function of a module in Backoffice"
    case .postgresql, .rethinkdb: "log in"
    case .etcd: "execute a function; log in (that works)"
    case .elasticsearch: "search for a system in Backoffice"
    case .influxdb: "open a chart of recorded values"
    case .build: "add a driver in Backoffice, and look whether it compiles"
    }
  }
}
