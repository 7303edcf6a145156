import Processes
import Text

/// The connections of one process to one store: their number, and the few that tell something.
public struct StoreSockets: Hashable, Sendable {
  public private(set) var establishedCount = 0
  /// A few sockets for each kind of evidence, so that ten thousand are judged as fast as ten.
  public private(set) var telling: [TCPSocket] = []

  /// How many sockets are kept for each kind of evidence.
  private static let limitOfKind = 4

  public init() {}

  /// - Parameter sockets: all of the process's sockets to the store, in any order.
  public init(of sockets: [TCPSocket]) {
    let established = sockets.filter { $0.state == .established }
    establishedCount = established.count
    let exchanging = established.filter { $0.exchange != nil }
    func received(_ socket: TCPSocket) -> UInt32 { socket.exchange?.lastReceivedMs ?? .max }
    // The same sockets must be found at both looks: those that wait longest, and the oldest.
    add(exchanging.filter { $0.exchange?.bytesReceived ?? 0 > 0 }.sorted { received($0) < received($1) })
    add(exchanging.filter(\.isWaiting).sorted { received($0) > received($1) })
    add(established.filter { $0.retransmits > 0 }.sorted { $0.retransmits > $1.retransmits })
    add(established.sorted { $0.inode < $1.inode })
    add(sockets.filter { $0.state == .synSent }.sorted { $0.retransmits > $1.retransmits })
    add(sockets.filter { $0.state == .closeWait })
  }

  private mutating func add(_ sockets: [TCPSocket]) {
    for socket in sockets.prefix(Self.limitOfKind)
    where !telling.contains(where: { $0.inode == socket.inode && $0.local == socket.local }) {
      telling.append(socket)
    }
  }
}

extension TCPSocket {
  /// Whether something was sent after the last answer.
  var isWaiting: Bool { exchange.map { $0.lastReceivedMs > $0.lastSentMs + 100 } ?? false }
}

extension StoreSockets: Message {
  public func write(to message: inout MessageWriter) { message.write(establishedCount, telling) }

  public init(from message: inout MessageReader) throws(ParseError) {
    establishedCount = try message.read()
    telling = try message.read()
  }
}
