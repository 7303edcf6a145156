import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A child of this process that looks at what others control: executables, memory, arguments, logs.
///
/// A look can hang where nobody can end it: a page or a file on a FUSE or NFS mount whose server answers no more puts
/// the looker into uninterruptible sleep, and a thread in that sleep keeps its whole process from ending. A child can be
/// left behind. Whatever goes wrong in it, a crash included, is the fault of that one look.
///
/// It is a copy of this process as it is now (fork(2)), and sees what is open and known here, but for what was
/// ``withhold(_:)``.
public final class ReaderProcess {
  let pid: pid_t
  private let socket: FileDescriptor

  /// The longest request or answer, bytes. A message of a socket goes as a whole or not at all.
  static let limitBytes = 128 << 10

  /// - Parameter answer: what the child does with each request. It is called in the child alone.
  /// - Throws: `HostError.call` where the system has no room for a further process.
  init(answering answer: ([UInt8]) -> [UInt8]) throws(HostError) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .call("socketpair", Errno(rawValue: errno)) }
    let parent = getpid()
    let pid = clinux_fork()
    if pid == 0 {
      close(ends[0])
      Self.serve(on: ends[1], parent: parent, answer)
    }
    let code = Errno(rawValue: errno)
    close(ends[1])
    guard pid > 0 else {
      close(ends[0])
      throw .call("fork", code)
    }
    self.pid = pid
    socket = FileDescriptor(rawValue: ends[0])
  }

  deinit { end() }

  /// Becomes readable when there is an answer, or the child has ended.
  var descriptor: Int32 { socket.rawValue }

  /// Sends a request; `false` where the child takes none now, or has ended.
  func send(_ request: [UInt8]) -> Bool {
    Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) >= 0
  }

  /// Takes the next answer. Answers come in the order of their requests.
  ///
  /// - Returns: `nil` where the child has ended.
  func receive() -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.limitBytes) { buffer, count in
      repeat {
        count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      } while count < 0 && errno == EINTR
      count = max(0, count)
    }
    return bytes.isEmpty ? nil : bytes
  }

  /// Ends the child. One that sleeps where nothing can end it is left behind, and ends when it wakes.
  private func end() {
    try? socket.close()
    kill(pid, SIGKILL)
    Self.reap(adding: pid)
  }

  /// Children that were told to end and had not yet: a process that lives on must not collect them.
  nonisolated(unsafe) private static var ending: [pid_t] = []

  private static func reap(adding pid: pid_t) {
    ending.append(pid)
    ending.removeAll { waitpid($0, nil, WNOHANG) != 0 }
  }

  // MARK: the child

  private static let withheld = Mutex<Set<Int32>>([])

  /// Keeps an open file from children: a lock on it lives as long as any copy of its descriptor, fork(2).
  public static func withhold(_ file: FileDescriptor) { _ = withheld.withLock { $0.insert(file.rawValue) } }

  /// The file is closed, or about to be.
  public static func release(_ file: FileDescriptor) { _ = withheld.withLock { $0.remove(file.rawValue) } }

  private static func serve(on socket: Int32, parent: pid_t, _ answer: ([UInt8]) -> [UInt8]) -> Never {
    // It goes when its parent goes; what asks its parent to end (Ctrl-C goes to both) is the parent's to answer.
    guard clinux_end_with_parent() == 0, getppid() == parent else { _exit(0) }
    for file in withheld.withLock({ $0 }) { close(file) }
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { signal(number, SIG_IGN) }
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
