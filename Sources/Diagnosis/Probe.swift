import PlaceOS
import Processes
import Text

/// A store's, or a service's, answer to a question that changes nothing and needs no credential.
public struct Probe: Hashable, Sendable {
  public let state: StoreState
  public let text: String

  public init(_ state: StoreState, _ text: String) {
    self.state = state
    self.text = text
  }

  /// How long an answer may take.
  static let time: Duration = .seconds(1)

  init(_ failure: NetworkQuestion.Failure) {
    switch failure {
    case .refused: self.init(.refused, "refuses a connection")
    case .unreachable(let code): self.init(.unreachable, "cannot be reached: \(code)")
    case .noConnection: self.init(.unreachable, "takes no connection within 1 s")
    case .silent: self.init(.hangs, "takes a connection, and does not answer within 1 s")
    case .closed: self.init(.closes, "closes a connection without a word")
    }
  }

  // MARK: stores

  /// The question to a store.
  static func question(for store: BackingStore) -> [UInt8] {
    switch store {
    case .redis: Array("PING\r\n".utf8)
    // SSLRequest: its length, and 80877103. https://www.postgresql.org/docs/current/protocol-message-formats.html
    case .postgresql: [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
    case .etcd, .influxdb: http("/health")
    case .elasticsearch: http("/_cluster/health")
    case .core: http("/api/core/v1")
    case .build: http("/")
    // The magic number of protocol V1_0. https://rethinkdb.com/docs/writing-drivers/
    case .rethinkdb: [0xC3, 0xBD, 0xC2, 0x34]
    }
  }

  static func http(_ path: String) -> [UInt8] {
    Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
  }

  /// Whether an answer is complete; an HTTP server closes the connection after its own.
  static func isWhole(_ answer: [UInt8], of store: BackingStore) -> Bool {
    switch store {
    case .redis: answer.last == 0x0A
    case .postgresql: !answer.isEmpty
    case .rethinkdb: answer.last == 0 || answer.last == 0x0A
    case .etcd, .influxdb, .elasticsearch, .core, .build: false
    }
  }

  /// The meaning of a store's answer. None of it is quoted: it comes from the store, and could contain
  /// anything.
  init(parsing answer: [UInt8], of store: BackingStore) {
    func has(_ word: String) -> Bool {
      !answer.withUnsafeBytes { SignTable([word]).found(in: $0) }.isEmpty
    }
    switch store {
    case .redis:
      if answer.starts(with: "+PONG".utf8) {
        self.init(.ok, "answers a PING")
      } else if has("-NOAUTH") {
        self.init(.ok, "answers a PING: it wants a password")
      } else if has("-LOADING") || has("-MISCONF") || has("-MASTERDOWN") || has("-BUSY") {
        self.init(.degraded, "answers a PING: it is loading, busy, or cannot write")
      } else {
        self.init(.degraded, "answers a PING with something else")
      }
    case .postgresql:
      switch answer.first {
      case UInt8(ascii: "S"), UInt8(ascii: "N"): self.init(.ok, "answers an SSLRequest")
      case UInt8(ascii: "E"): self.init(.degraded, "answers an SSLRequest with an error")
      default: self.init(.degraded, "does not speak PostgreSQL's protocol")
      }
    case .rethinkdb: self.init(.ok, "answers a handshake")
    case .elasticsearch where has("\"status\":\"red\"") || has("\"status\": \"red\""):
      self.init(.degraded, "says that its cluster is red")
    case .etcd where has("\"health\":\"false\""): self.init(.degraded, "says that it is not healthy")
    case .etcd, .influxdb, .elasticsearch, .core, .build:
      self.init(http: answer)
    }
  }

  /// By the status of an HTTP response: `HTTP/1.1 200 OK`.
  init(http answer: [UInt8]) {
    let words = answer.prefix(16).split(separator: UInt8(ascii: " "))
    guard words.count > 1, words[0].starts(with: "HTTP/1.".utf8),
      let status = UInt64(ascii: words[1].prefix(3))
    else {
      self.init(.degraded, "does not speak HTTP")
      return
    }
    // Below 500 the question was wrong (401: it wants a password).
    self.init(status < 500 ? .ok : .degraded, "answers \(status) to a health check")
  }
}

extension Probe: Message {
  public func write(to message: inout MessageWriter) { message.write(state.rawValue, text) }

  public init(from message: inout MessageReader) throws(ParseError) {
    guard let state = StoreState(rawValue: try message.read()) else { throw ParseError("an unknown state") }
    self.init(state, try message.read())
  }
}
