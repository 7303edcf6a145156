import CLinux
import Containers
import Glibc
import Processes
import SystemPackage
import Text

/// Follows the log of one process, in a child of this program.
///
/// A log may be on a file system that hangs, where nothing can end its reader: the child can be left behind.
/// It writes what it reads into a pipe. If nobody reads the pipe, the child waits, so a slow reader slows
/// this program, never the service, and no more is kept than the pipe holds.
public final class LogFollower {
  /// Becomes readable when there are events, or the child has ended.
  public let descriptor: Int32
  private let child: ForkedChild
  private var buffer: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 256 << 10)

  /// - Parameters:
  ///   - since: where to begin; `nil`: with what is written from now on.
  ///   - root: the folder that stands for `/`.
  /// - Throws: `HostError.call` if the system has no room for another process.
  public init(
    _ identity: ProcessIdentity, container: Container?, since: WallTime?, proc: FilePath = "/proc",
    root: FilePath = "/"
  ) throws(HostError) {
    var ends: [Int32] = [0, 0]
    // Room for a burst.
    guard clinux_pipe(&ends, 1 << 20) == 0 else { throw .call("pipe2", Errno(rawValue: errno)) }
    child = try ForkedChild(ownEnd: ends[0], childsEnd: ends[1]) {
      LogFollowing(output: ends[1]).run(identity, container, since: since, proc: proc, root: root)
    }
    descriptor = ends[0]
  }

  /// Ends the child too.
  deinit { close(descriptor) }

  /// Takes what there is, after ``descriptor`` has become readable.
  ///
  /// - Returns: `false` if the child has ended, and everything was taken.
  public func take(_ body: (FollowedEvent) -> Void) -> Bool {
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 { return errno == EINTR || errno == EAGAIN }
    guard count > 0 else { return false }
    buffer += chunk[..<count]
    let taken = buffer.withUnsafeBytes { EventFrame.take(from: $0, body) }
    buffer.removeFirst(taken)
    return true
  }
}

/// The child's side of ``LogFollower``.
struct LogFollowing {
  let output: Int32

  func run(
    _ identity: ProcessIdentity, _ container: Container?, since: WallTime?, proc: FilePath, root: FilePath
  ) -> Never {
    do throws(HostError) {
      guard let handle = try ProcessHandle.open(identity, proc: proc) else { _exit(0) }
      let files = ContainerFiles(root: root)
      if let source = try LogSource.find(of: handle.directory, container: container, files: files) {
        try follow(source, of: handle.directory, since: since)
      }
      let isJournalHere = access("/run/systemd/journal", F_OK) == 0
      if let client = LogClient(identity, container, since: since, isJournalHere: isJournalHere) {
        client.run(output: output)
      }
      send([.problem("its log is in no file that can be read, and no program here shows it")])
    } catch {
      send([.problem("its log cannot be read: \(error)")])
    }
    _exit(0)
  }

  private func follow(
    _ source: LogSource, of process: borrowing ProcessDirectory, since: WallTime?
  ) throws(HostError) {
    let changes = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    let mask = UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)
    let watched: FilePath =
      switch source.place {
      case .standardOutput: process.path.appending("fd/1")
      case .file(let path): source.files.below(path.removingLastComponent())
      case .folder(let path): source.files.below(path)
      }
    // If no watches are left (fs.inotify.max_user_watches), a look each second must do.
    if changes >= 0 { _ = watched.withPlatformString { inotify_add_watch(changes, $0, mask) } }
    var log = try FollowedFile(source, of: process, since: since)
    var bytes: [UInt8] = []
    // A runtime's files change, but not their place.
    let isOutput = source.place == .standardOutput
    let key = isOutput ? log.status.map { "\($0.device):\($0.inode)" } : source.name
    EventFrame.append(.ready(key: key ?? watched.string), to: &bytes)
    var window = Since(since)
    var isQuiet = false
    while true {
      // Nobody writes there any more; what was written before is read first.
      let hasGone = isQuiet && source.hasGone
      repeat {
        let goesOn = try log.read(of: process) { event in
          switch event {
          case .line(let time, _, let text):
            guard window.includes(time, text) else { return }
            EventFrame.append(kind: 0, time, text, to: &bytes)
          case .truncated(let path):
            EventFrame.append(.problem("\(path) was cut while it was followed"), to: &bytes)
          case .damaged(let path):
            EventFrame.append(.problem("\(path) is damaged; what follows there is passed over"), to: &bytes)
          }
        }
        write(bytes)
        bytes.removeAll(keepingCapacity: true)
        if !goesOn { break }
      } while true
      if hasGone { _exit(0) }
      window.reachEnd()
      isQuiet = !wait(changes)
    }
  }

  /// Until something has changed, or a second has passed: not every file system reports changes (inotify(7)).
  ///
  /// - Returns: whether something has changed.
  private func wait(_ changes: Int32) -> Bool {
    var entries = [pollfd(fd: changes, events: Int16(POLLIN), revents: 0)]
    let hasChanged = poll(&entries, 1, 1000) > 0
    var events = [UInt8](repeating: 0, count: 16 << 10)
    while changes >= 0, read(changes, &events, events.count) > 0 {}
    return hasChanged
  }

  func send(_ events: [FollowedEvent]) {
    var bytes: [UInt8] = []
    for event in events { EventFrame.append(event, to: &bytes) }
    write(bytes)
  }

  /// Waits while the pipe is full; ends with its reader.
  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { _exit(0) }
      rest = rest.dropFirst(count)
    }
  }
}

/// What was written since a moment.
struct Since {
  /// `nil`: everything.
  let start: WallTime?
  /// For a log to which no runtime adds times: whether a line that is new enough was seen. The lines after it
  /// are new too, like those of an exception, which have no time.
  private var hasBegun = false

  init(_ start: WallTime?) { self.start = start }

  /// - Parameter time: when the runtime got the line.
  mutating func includes(_ time: LogTime?, _ text: ArraySlice<UInt8>) -> Bool {
    guard let start else { return true }
    if let time { return time.wall >= start }
    if !hasBegun, let own = LogTime(firstIn: text) { hasBegun = own.wall + own.step > start }
    return hasBegun
  }

  /// Anything written from now on is new enough, whatever its time.
  mutating func reachEnd() { hasBegun = true }
}
