import PlaceOS
import Processes
import Text

// Requests to the reader process, and its answers. None contains a value of a service's environment.

/// What is asked.
struct StoreRequest {
  enum Subject: UInt8 {
    /// The process, and its log: ``ProcessLook``.
    case first
    /// The process again, without its log.
    case second
    /// The store's own side: ``StoreSide``.
    case store
    /// What the host shows: ``HostReading``.
    case host
    /// The store's answer: ``Probe``.
    case probe
    /// The process's answer to a health check.
    case health
  }
  let subject: Subject
  /// The process's index among those being diagnosed; for `host` it does not matter.
  let index: Int
  /// Only for `store` and `probe`.
  var use: StoreUse?
}

/// What one look at one process shows.
struct ProcessLook {
  var uses: [StoreUse] = []
  /// In the order of `uses`; empty if the sockets cannot be read.
  var sockets: [StoreSockets] = []
  /// In the order of `uses`; first look only.
  var complaints: [StoreComplaints] = []
  var counters: NetworkCounters?
  /// Its network namespace.
  var namespace: UInt64?
  /// Name servers that a process in its namespace waits for, by the inode of the socket.
  var nameQueries: [UInt64: NetworkEndpoint] = [:]
  var descriptors: Int?
  var descriptorLimit: Int?
  /// First look only: what its log says against drivers, the newest first, and against core.
  var troubles: [SeenTrouble] = []
  var coreComplaint: StoreComplaints.Complaint?
  /// Why something could not be read.
  var problems: [HostError] = []
}

extension StoreRequest: Message {
  func write(to message: inout MessageWriter) { message.write(subject.rawValue, index, use) }

  init(from message: inout MessageReader) throws(ParseError) {
    guard let subject = Subject(rawValue: try message.read()) else { throw ParseError("an unknown subject") }
    self.init(subject: subject, index: try message.read(), use: try message.read())
  }
}

extension ProcessLook: Message {
  func write(to message: inout MessageWriter) {
    message.write(uses, sockets, complaints, counters, namespace, problems)
    message.write(
      nameQueries.map { NameQuery(inode: $0.key, server: $0.value) }, descriptors, descriptorLimit, troubles,
      coreComplaint)
  }

  init(from message: inout MessageReader) throws(ParseError) {
    uses = try message.read()
    sockets = try message.read()
    complaints = try message.read()
    counters = try message.read()
    namespace = try message.read()
    problems = try message.read()
    for query in try message.read([NameQuery].self) { nameQueries[query.inode] = query.server }
    descriptors = try message.read()
    descriptorLimit = try message.read()
    troubles = try message.read()
    coreComplaint = try message.read()
  }

  private struct NameQuery: Message {
    let inode: UInt64
    let server: NetworkEndpoint

    init(inode: UInt64, server: NetworkEndpoint) { (self.inode, self.server) = (inode, server) }

    func write(to message: inout MessageWriter) { message.write(inode, server) }

    init(from message: inout MessageReader) throws(ParseError) {
      (inode, server) = (try message.read(), try message.read())
    }
  }
}

extension StoreUse: Message {
  public func write(to message: inout MessageWriter) {
    message.write(store.rawValue, address.host, Int(address.port), holdsConnections)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    guard let store = BackingStore(rawValue: try message.read()) else { throw ParseError("an unknown store") }
    let host = try message.read(String.self)
    self.init(
      store: store,
      address: StoreAddress(host: host, port: UInt16(truncatingIfNeeded: try message.read(Int.self))),
      holdsConnections: try message.read())
  }
}

extension StoreComplaints: Message {
  public func write(to message: inout MessageWriter) { message.write(count, newest, secondsAgo) }

  public init(from message: inout MessageReader) throws(ParseError) {
    count = try message.read()
    newest = try message.read()
    secondsAgo = try message.read()
  }
}

extension StoreComplaints.Complaint: Message {
  public func write(to message: inout MessageWriter) { message.write(state?.rawValue, ageSeconds, text) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      state: try message.read(String?.self).flatMap(StoreState.init(rawValue:)),
      ageSeconds: try message.read(), text: try message.read())
  }
}

extension StoreSide: Message {
  public func write(to message: inout MessageWriter) {
    switch condition {
    case .listening: message.write(UInt8(0))
    case .silent: message.write(UInt8(1))
    case .stopped: message.write(UInt8(2))
    case .exited(let status, let secondsAgo, let forMemory):
      message.write(UInt8(3), status, secondsAgo, forMemory)
    case .missing: message.write(UInt8(4))
    }
    message.write(name, waiting, backlog, isBlocked, unread.sorted(), overflows, upSeconds)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    switch try message.read(UInt8.self) {
    case 0: condition = .listening
    case 1: condition = .silent
    case 2: condition = .stopped
    case 3:
      condition = .exited(
        status: try message.read(), secondsAgo: try message.read(), forMemory: try message.read())
    case 4: condition = .missing
    default: throw ParseError("an unknown condition")
    }
    name = try message.read()
    waiting = try message.read()
    backlog = try message.read()
    isBlocked = try message.read()
    unread = Set(try message.read([UInt64].self))
    overflows = try message.read()
    upSeconds = try message.read()
  }
}
