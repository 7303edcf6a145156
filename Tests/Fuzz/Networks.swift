import PlaceOS

@testable import Containers
@testable import Diagnosis
@testable import Processes
@testable import Text

/// What the kernel, a container and its runtime say of networks, and what services and stores say of each other.
enum Networks {
  static func socketMessages(_ bytes: [UInt8]) throws {
    let messages = SocketMessages(parsing: bytes)
    try require(messages.sockets.count <= bytes.count / 88, "sock_diag: more sockets than bytes for them")
    try require(
      messages.sockets.allSatisfy { [4, 16].contains($0.local.address.count) }, "sock_diag: no address")
    try again(messages.sockets)
    summary(messages.sockets)
  }

  static func socketTable(_ bytes: [UInt8]) throws {
    let sockets = TCPSocket.table(parsing: bytes)
    try require(sockets.count <= ProcessFiles.lineCount(bytes), "tcp: more sockets than lines")
    try again(sockets)
    summary(sockets)
  }

  /// What goes to the parent comes back as it was.
  private static func again(_ sockets: [TCPSocket]) throws {
    var writer = MessageWriter()
    writer.write(sockets)
    var reader = MessageReader(writer.bytes[...])
    try require(accepted { try reader.read([TCPSocket].self) } == sockets, "sockets: sent, they differ")
  }

  private static func summary(_ sockets: [TCPSocket]) {
    var reading = StoreReading()
    reading.before = StoreSockets(of: sockets)
    reading.after = StoreSockets(of: sockets.reversed())
    _ = StoreVerdict(reading)
  }

  static func counters(_ bytes: [UInt8]) throws {
    guard let counters = accepted({ try NetworkCounters(parsing: bytes, extended: bytes) }) else { return }
    try require(counters.since(counters) == NetworkCounters(), "snmp: something was counted in no time")
    try require(NetworkCounters().since(counters) == NetworkCounters(), "snmp: a counter went below zero")
  }

  static func hosts(_ bytes: [UInt8]) throws {
    let file = HostsFile(parsing: bytes)
    for word in bytes.split(whereSeparator: { $0 <= 0x20 }).prefix(32) {
      let found = file.addresses(of: String(decoding: word, as: UTF8.self))
      try require(found.allSatisfy { [4, 16].contains($0.count) }, "hosts: no address")
    }
  }

  static func localAddresses(_ bytes: [UInt8]) throws {
    let found = LocalAddresses(parsing: bytes, interfaces: bytes).addresses
    try require(found.allSatisfy { [4, 16].contains($0.count) }, "fib_trie: no address")
    try require(found.count <= ProcessFiles.lineCount(bytes), "fib_trie: more addresses than lines")
  }

  static func hostResources(_ bytes: [UInt8]) throws {
    let files = Array("1184\t0\t9223372036854775807\n".utf8)
    _ = accepted { try HostResources(parsing: bytes, files: files) }
    let memory = Array("MemTotal: 2 kB\nMemAvailable: 1 kB\n".utf8)
    _ = accepted { try HostResources(parsing: memory, files: bytes) }
  }

  /// No service is to reach what its environment does not name, and nothing but host and port is kept.
  static func storeEnvironment(_ bytes: [UInt8]) throws {
    let environment = NulSeparated.environment(in: bytes, named: VariableNames(StoreUse.variables))
    let reduced = StoreUse.withoutSecrets(environment)
    for service in ["api", "core", "triggers", "search-ingest", "auth", "driver"] {
      let uses = StoreUse.all(ofService: service, environment: environment)
      try require(!environment.isEmpty || uses.isEmpty, "environment: a store that nothing names")
      try require(
        Set(uses.map(\.store)) == Set(StoreUse.all(ofService: service, environment: reduced).map(\.store)),
        "environment: without its secrets it names other stores")
      for use in uses {
        var writer = MessageWriter()
        writer.write(use)
        var reader = MessageReader(writer.bytes[...])
        try require(accepted { try reader.read(StoreUse.self) } == use, "environment: sent, a store differs")
      }
    }
  }

  static func neighbour(_ bytes: [UInt8]) throws {
    guard let neighbour = accepted({ try DockerNeighbour(parsing: bytes) }) else { return }
    try require(neighbour.names.contains(neighbour.name), "neighbour: it has not its own name")
    try require(!neighbour.addresses.contains(""), "neighbour: an empty address")
  }

  /// A password of the environment is in nothing that is shown of a line.
  static func complaint(_ bytes: [UInt8]) throws {
    let uses = StoreUse.all(
      ofService: "api",
      environment: ["REDIS_URL": "redis://redis", "PG_HOST": "db", "ES_HOST": "elastic", "CORE_HOST": "core"])
    _ = StoreComplaint(parsing: bytes, service: "api", uses: uses)
    let record = LogRecord(parsing: Array(bytes.prefix { $0 != 0x0A }))
    if DriverTrouble(record, text: bytes) != nil {
      try require(DriverTrouble.isLikely(bytes), "complaint: a trouble that is not likely")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let shown = Redaction.redacted("\(text) S3CRET redis://u:S3CRET@h/", secrets: ["S3CRET"])
    try require(!shown.contains("S3CRET"), "complaint: a password is shown")
  }

  static func probe(_ bytes: [UInt8]) throws {
    for store in BackingStore.allCases {
      let probe = Probe(parsing: bytes, of: store)
      try require([.ok, .degraded].contains(probe.state), "probe: an answer is none")
      _ = Probe.isWhole(bytes, of: store)
    }
  }
}
