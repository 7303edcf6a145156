import PlaceOS
import Processes
import Testing

@testable import Diagnosis

@Suite struct StoreSocketsTests {
  private static let peer = NetworkEndpoint(address: [10, 0, 0, 3], port: 6379)

  private static func socket(_ inode: UInt64, sent: UInt32 = 100, received: UInt32 = 100) -> TCPSocket {
    TCPSocket(
      state: .established, local: NetworkEndpoint(address: [10, 0, 0, 2], port: UInt16(inode)), remote: peer,
      inode: inode,
      exchange: TCPSocket.Exchange(lastSentMs: sent, lastReceivedMs: received, bytesReceived: 9))
  }

  @Test func tenThousandConnectionsAreToldByAFew() {
    var sockets = (1...10_000).map { Self.socket(UInt64($0)) }
    sockets[7_000] = Self.socket(7_001, sent: 5000, received: 60_000)
    let before = StoreSockets(of: sockets)
    #expect(before.establishedCount == 10_000)
    #expect(before.telling.count < 24)
    #expect(before.telling.contains { $0.inode == 7_001 })
    // The same ones at the next look, in whatever order the kernel has them.
    let after = StoreSockets(of: sockets.reversed())
    let kept = Set(before.telling.map(\.inode)).intersection(after.telling.map(\.inode))
    #expect(kept.contains(7_001) && kept.contains(1))
  }

  @Test func lookOfAServiceWithManyStoresFitsIntoOneMessage() throws {
    let line = String(repeating: "ü", count: 200)
    var look = ProcessLook()
    for store in BackingStore.allCases {
      look.uses.append(
        StoreUse(
          store: store, address: StoreAddress(host: String(repeating: "h", count: 253), port: 1),
          holdsConnections: true))
      look.sockets.append(StoreSockets(of: (1...10_000).map { Self.socket($0) }))
      var complaints = StoreComplaints()
      for state in [StoreState.refused, .unreachable, .hangs, .closes, .unresolved, .degraded, nil] {
        for _ in 1...100 { complaints.add(.init(state: state, ageSeconds: 1, text: line)) }
      }
      look.complaints.append(complaints)
    }
    var writer = MessageWriter()
    writer.write(look)
    #expect(writer.bytes.count < 64 << 10)
    var reader = MessageReader(writer.bytes[...])
    let again = try reader.read(ProcessLook.self)
    #expect(again.uses == look.uses && again.sockets == look.sockets && again.complaints == look.complaints)
  }
}
