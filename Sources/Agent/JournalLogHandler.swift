import Glibc
import Ledger
import Logging
import Processes
import Text

/// Writes one line per event to standard error: the message, then `key=value` in the keys' order.
///
/// If standard error is the journal, a line begins with its priority, `<6>`, sd-daemon(3); otherwise with the
/// time and the level.
public struct JournalLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level = .info
  private let isJournal: Bool
  private let write: @Sendable (String) -> Void

  /// - Parameters:
  ///   - isJournal: whether the lines go to the journal.
  ///   - write: takes a whole line.
  public init(isJournal: Bool, write: @escaping @Sendable (String) -> Void) {
    self.isJournal = isJournal
    self.write = write
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    write(
      Self.line(
        event.level, "\(event.message)", all,
        time: isJournal ? nil : Timestamp(HostClock.now().wall)) + "\n")
  }

  /// - Parameter time: `nil` for the journal, which adds its own time to each line.
  static func line(
    _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, time: Timestamp?
  ) -> String {
    let head = time.map { "\($0) \(level.rawValue) " } ?? "<\(level.priority)>"
    let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }
    return head + message.printable + pairs.joined()
  }

  /// Values come from processes and containers: what could look like another pair, or another line, is
  /// quoted.
  private static func quoted(_ value: String) -> String {
    // The value's own backslashes must not be mistaken for these escapes, or end them.
    let escaped = value.replacing("\\", with: "\\\\").printable
    let isPlain = !escaped.isEmpty && !escaped.contains { $0 == " " || $0 == "\"" || $0 == "=" }
    return isPlain ? escaped : "\"" + escaped.replacing("\"", with: "\\\"") + "\""
  }

  /// Whether standard error is the journal: `JOURNAL_STREAM` has its device and inode, systemd.exec(5). The
  /// variable alone may be inherited from a process with another standard error.
  public static func isJournal(_ environment: [String: String], descriptor: Int32 = STDERR_FILENO) -> Bool {
    var status = stat()
    guard let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}

extension Logger.Level {
  /// syslog(3).
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
