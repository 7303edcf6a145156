import Glibc
import Synchronization

/// Standard error, written to without ever waiting for its reader. What does not fit is dropped, and counted
/// in the next line that does: the agent has deadlines to keep.
public final class LogOutput: Sendable {
  private let descriptor: Int32
  private let dropped = Atomic<Int>(0)

  public init(descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

  /// Writes a whole line.
  public func write(_ line: String) {
    let count = dropped.load(ordering: .relaxed)
    if count > 0, take("\(count) lines were dropped: nobody read them\n") {
      dropped.subtract(count, ordering: .relaxed)
    }
    if !take(line) { dropped.add(1, ordering: .relaxed) }
  }

  private func take(_ line: String) -> Bool {
    // A pipe that is writable takes PIPE_BUF bytes at once, pipe(7); no line of the log needs more.
    let bytes = Array(line.utf8.prefix(Self.limitBytes))
    // A socket, as the journal's is, needs no check: this call does not wait.
    let sent = send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    if sent >= 0 { return true }
    guard errno == ENOTSOCK else { return false }
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&entry, 1, 0) == 1, entry.revents & Int16(POLLOUT) != 0 else { return false }
    return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
  }

  private static let limitBytes = 4096
}
