import CLinux
import Glibc
import Ledger
import Processes
import SystemPackage

/// All that the agent wakes for: a moment on the boot-time clock, a new state file, the end of a process, a
/// signal. It waits in poll(2) without a timeout, so there are no other wakeups.
final class Wakeups {
  /// What has happened.
  struct Events {
    /// SIGTERM, SIGINT or SIGHUP.
    var signals: [Int32] = []
    var hasNewState = false
    var isDirectoryGone = false
    /// The given descriptors that are readable.
    var readable: Set<Int32> = []
  }

  private let timer: FileDescriptor
  private let signals: FileDescriptor
  private let changes: FileDescriptor
  private var armed: BootTime?

  /// - Parameter directory: the state directory.
  init(watching directory: FilePath) throws(AgentError) {
    // The boot-time clock runs on in suspend: a deadline that passed meanwhile is due right after it.
    timer = try Self.descriptor("timerfd_create", clinux_boottime_timer())
    signals = try Self.descriptor("signalfd", clinux_end_signals())
    changes = try Self.descriptor("inotify_init1", inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK)))
    // A state file appears by rename(2), so only its directory can be watched.
    let mask = UInt32(IN_MOVED_TO) | UInt32(IN_DELETE) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)
    let watch = directory.withPlatformString {
      inotify_add_watch(changes.rawValue, $0, mask | UInt32(IN_ONLYDIR))
    }
    guard watch >= 0 else { throw .call("inotify_add_watch", Errno(rawValue: errno)) }
  }

  deinit { for descriptor in [timer, signals, changes] { try? descriptor.close() } }

  private static func descriptor(_ call: String, _ raw: Int32) throws(AgentError) -> FileDescriptor {
    guard raw >= 0 else { throw .call(call, Errno(rawValue: errno)) }
    return FileDescriptor(rawValue: raw)
  }

  /// Waits.
  ///
  /// - Parameters:
  ///   - end: until when at most; `nil`: for ever.
  ///   - processes: descriptors that become readable when a process ends.
  func wait(until end: BootTime?, processes: [Int32]) throws(AgentError) -> Events {
    if armed != end {
      // 0 would stop the timer; a moment in the past makes it readable at once.
      guard clinux_set_timer(timer.rawValue, end.map { max(1, $0.nanoseconds) } ?? 0) == 0 else {
        throw .call("timerfd_settime", Errno(rawValue: errno))
      }
      armed = end
    }
    var entries = ([timer.rawValue, signals.rawValue, changes.rawValue] + processes).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    while poll(&entries, nfds_t(entries.count), -1) < 0 {
      guard errno == EINTR else { throw .call("poll", Errno(rawValue: errno)) }
    }
    var events = Events()
    for entry in entries where entry.revents != 0 {
      switch entry.fd {
      case timer.rawValue: takeTick()
      case signals.rawValue: takeSignals(&events)
      case changes.rawValue: takeChanges(&events)
      default: events.readable.insert(entry.fd)
      }
    }
    return events
  }

  private func takeTick() {
    var ticks: UInt64 = 0
    _ = read(timer.rawValue, &ticks, MemoryLayout.size(ofValue: ticks))
    armed = nil
  }

  private func takeSignals(_ events: inout Events) {
    while true {
      let signal = clinux_next_signal(signals.rawValue)
      guard signal > 0 else { return }
      events.signals.append(signal)
    }
  }

  private func takeChanges(_ events: inout Events) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(changes.rawValue, &buffer, buffer.count)
      guard count > 0 else { return }
      DirectoryChange.parse(buffer[..<count]) { change in
        if change.isOfDirectory { events.isDirectoryGone = true }
        // If some were lost, one of them may have been the state's.
        if change.isOverflow || change.name == StateDirectory.watchedName { events.hasNewState = true }
      }
    }
  }
}

/// One event of inotify(7).
struct DirectoryChange: Equatable {
  let mask: UInt32
  let name: String

  var isOverflow: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }
  /// The directory itself was removed or renamed, or is no longer watched.
  var isOfDirectory: Bool {
    mask & (UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_IGNORED) | UInt32(IN_UNMOUNT)) != 0
  }

  /// Reads what read(2) gave: `int wd; uint32_t mask, cookie, len; char name[len]`, one after another.
  static func parse(_ bytes: ArraySlice<UInt8>, _ body: (DirectoryChange) -> Void) {
    var rest = bytes
    while rest.count >= 16 {
      let mask = number(rest.dropFirst(4))
      let length = Int(number(rest.dropFirst(12)))
      let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
      body(DirectoryChange(mask: mask, name: String(decoding: name, as: UTF8.self)))
      rest = rest.dropFirst(16 + length)
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
  }
}
