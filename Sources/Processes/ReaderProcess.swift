import Glibc
import SystemPackage

/// A child of this process that looks at what others control: executables, memory, arguments, logs. It answers requests.
public final class ReaderProcess {
  private let child: ForkedChild
  private let socket: FileDescriptor

  /// The longest request or answer, bytes. A message of a socket goes as a whole or not at all.
  static let limitBytes = 128 << 10

  /// - Parameter answer: what the child does with each request. It is called in the child alone.
  /// - Throws: `HostError.call` where the system has no room for a further process.
  init(answering answer: ([UInt8]) -> [UInt8]) throws(HostError) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .call("socketpair", Errno(rawValue: errno)) }
    child = try ForkedChild(ownEnd: ends[0], childsEnd: ends[1]) { Self.serve(on: ends[1], answer) }
    socket = FileDescriptor(rawValue: ends[0])
  }

  deinit { try? socket.close() }

  var pid: pid_t { child.pid }

  /// See ``ForkedChild/stepBack()``.
  func stepBack() { child.stepBack() }

  /// See ``ForkedChild/turnsBeforeThisWait``.
  var turnsBeforeThisWait: UInt64? { child.turnsBeforeThisWait }

  /// Becomes readable when there is an answer, or the child has ended.
  var descriptor: Int32 { socket.rawValue }

  /// Sends a request; `false` where the child takes none now, or has ended.
  func send(_ request: [UInt8]) -> Bool {
    Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) >= 0
  }

  /// Takes the next answer. Answers come in the order of their requests.
  ///
  /// - Returns: `nil` where there is none yet.
  /// - Throws: `.ended` where the child has ended.
  func receive() throws(ReaderPool.Silence) -> [UInt8]? {
    // The room goes back at once: of thousands of answers, each keeps only what it is long.
    let answer = withUnsafeTemporaryAllocation(byteCount: Self.limitBytes, alignment: 1) { room -> [UInt8]? in
      var count: Int
      repeat {
        count = recv(descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
      } while count < 0 && errno == EINTR
      if count < 0, errno == EAGAIN { return nil }
      return [UInt8](room[..<max(0, count)])
    }
    // An answer is never empty, the end is.
    if answer?.isEmpty == true { throw .ended }
    return answer
  }

  // MARK: the child

  private static func serve(on socket: Int32, _ answer: ([UInt8]) -> [UInt8]) -> Never {
    var request = [UInt8](repeating: 0, count: limitBytes)
    while true {
      let count = recv(socket, &request, request.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { _exit(0) }
      let reply = answer(Array(request[..<count]))
      guard reply.count <= limitBytes, Glibc.send(socket, reply, reply.count, Int32(MSG_NOSIGNAL)) >= 0
      else { _exit(1) }
    }
  }
}
