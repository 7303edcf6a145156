import CLinux
import Glibc
import SystemPackage
import Text

/// The signals on their way between a process's signal handler and its event loop.
///
/// A handler may do next to nothing (signal-safety(7)), so a runtime with an event loop has it write the
/// signal's number into a pipe within the process, and acts when the loop gets to it. A blocked loop leaves
/// the number there: the kernel no longer shows anything pending, and nothing has happened yet. The bytes can
/// be counted from outside without reading any.
public struct SignalPipes: Hashable, Sendable {
  /// Bytes waiting in pipes of which the process has both ends: 4 for each signal in Crystal's.
  public let waitingBytes: Int
  /// The number of such pipes; without any, nothing can be said.
  public let count: Int
  /// Whether all threads wait in their event loops, or for each other, so that everything read before has
  /// been acted on. Only two looks in a row, with a moment in between, tell that for certain: a loop that has
  /// just taken a number out of its pipe shows neither waiting nor a result.
  public let isIdle: Bool

  public init(waitingBytes: Int, count: Int, isIdle: Bool) {
    self.waitingBytes = waitingBytes
    self.count = count
    self.isIdle = isIdle
  }

  /// Whether no signal is on its way.
  public var areDrained: Bool { count > 0 && waitingBytes == 0 && isIdle }

  /// The moment between two looks.
  public static let gap: Duration = .milliseconds(5)

  /// More descriptors than this are not looked at.
  private static let limitDescriptors = 16_384
  private static let limitThreads = 256

  /// Counts, through `/proc/PID/fd`; proc_pid_fd(5), pipe(7), FIONREAD of ioctl(2).
  ///
  /// - Parameter withLoops: whether to see if its event loops are idle; otherwise they are not taken to be.
  /// - Throws: `HostError.unreadable`, and `.tooLarge` for a process with more descriptors than are looked through.
  public init(of process: borrowing ProcessDirectory, withLoops: Bool) throws(HostError) {
    let pipes = try Self.pipes(of: process)
    let waiting = try Self.waitingBytes(in: pipes, of: process)
    let isQuiet = withLoops && waiting == 0 && !pipes.isEmpty
    self.init(waitingBytes: waiting, count: pipes.count, isIdle: isQuiet ? try Self.isIdle(process) : false)
  }

  /// The read ends of pipes that the process itself writes to.
  private static func pipes(of process: borrowing ProcessDirectory) throws(HostError) -> [Int32: String] {
    var readers: [Int32: String] = [:]
    var written: Set<String> = []
    for number in try process.entries(of: "fd", limit: limitDescriptors) {
      guard let link = try process.link("fd/\(number)"), link.hasPrefix("pipe:["),
        // The permissions of the link are those of the descriptor.
        let mode = try? FileStatus(at: "fd/\(number)", in: process.descriptor, followLinks: false).mode
      else { continue }
      if mode & S_IRUSR != 0 { readers[number] = link }
      if mode & S_IWUSR != 0 { written.insert(link) }
    }
    return readers.filter { written.contains($0.value) }
  }

  private static func waitingBytes(
    in pipes: [Int32: String], of process: borrowing ProcessDirectory
  ) throws(HostError) -> Int {
    var waiting = 0
    for (number, link) in pipes {
      // O_NONBLOCK: this opens the pipe itself; nothing is read from it.
      let file = openat(process.descriptor.rawValue, "fd/\(number)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard file >= 0 else { continue }
      defer { close(file) }
      // Check that this is the pipe looked at: the number may be another file's by now.
      guard try process.link("fd/\(number)") == link else { continue }
      waiting += max(0, Int(clinux_readable_bytes(file)))
    }
    return waiting
  }

  /// The calls in which an event loop is idle, or a thread waits for another.
  #if arch(x86_64)
    private static let futex = 202
    // epoll_wait, epoll_pwait, epoll_pwait2
    private static let loopCalls: Set<Int> = [232, 281, 441]
  #else
    private static let futex = 98
    // epoll_pwait, epoll_pwait2
    private static let loopCalls: Set<Int> = [22, 441]
  #endif

  private static func isIdle(_ process: borrowing ProcessDirectory) throws(HostError) -> Bool {
    var isInLoop = false
    for thread in try process.entries(of: "task", limit: limitThreads) {
      // `232 0x5 0x7f… …`, or `running`; proc_pid_syscall(5).
      guard let bytes = try? process.bytes(of: "task/\(thread)/syscall", limitBytes: 512),
        let call = Int(ascii: bytes.prefix { $0 != UInt8(ascii: " ") }),
        call == futex || loopCalls.contains(call)
      else { return false }
      if call != futex { isInLoop = true }
    }
    return isInLoop
  }
}

extension SignalPipes: Message {
  public func write(to message: inout MessageWriter) { message.write(waitingBytes, count, isIdle) }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(waitingBytes: try message.read(), count: try message.read(), isIdle: try message.read())
  }
}
