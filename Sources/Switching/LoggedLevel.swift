import Containers
import Logs
import PlaceOS
import Processes
import SystemPackage
import Text

/// Which lines of a log are a process's own, if a line does not have its pid.
///
/// There is no case for a log that several processes write alike (workers): none of its lines is evidence for
/// any one of them.
public enum LogWriter: Hashable, Sendable {
  /// No other PlaceOS process has written to this log since the process started.
  case only
  /// No other process with the same name in its log has written to it: a driver in the log of its core, or a
  /// core in the log that it shares with its drivers.
  case named(String)
}

extension LogWriter {
  /// Which lines are a process's own, given all that run; `nil` if no line can be attributed.
  ///
  /// Workers write alike to one log. Drivers write to the log of the core (or edge) that started them.
  init?(of process: RecognisedProcess, among processes: [RecognisedProcess]) {
    let sharing = processes.filter { $0.identity != process.identity && $0.sharesLog(with: process) }
    if sharing.isEmpty {
      self = .only
    } else {
      guard !sharing.contains(where: { $0.programName == process.programName }) else { return nil }
      self = .named(process.programName)
    }
  }
}

extension RecognisedProcess {
  /// A program's name for itself in its log.
  var programName: String {
    service.kind == .driver
      ? SelectionSubject.driverName(ofExecutable: executable.path)
      : String(executable.path.split(separator: "/").last ?? "")
  }

  /// Whether two processes may write to the same log: those of one container do, and outside containers a
  /// parent and its child may.
  fileprivate func sharesLog(with other: RecognisedProcess) -> Bool {
    if let container { return container.id == other.container?.id }
    return other.container == nil
      && (executable == other.executable || service.kind == .driver || other.service.kind == .driver)
  }
}

/// The level of a process by its own last words about it, for executables whose memory cannot be read.
public struct LoggedLevel: Sendable {
  private let kind: Service.Kind
  private let writer: LogWriter
  private let started: WallTime
  private var log: ServiceLog

  /// A service writes its first line soon after its start; and many write the time in whole seconds.
  private static let firstLine = Duration.seconds(3)

  /// - Parameters:
  ///   - program: the process's name for itself in its log.
  ///   - started: when the process started.
  ///   - root: the folder that stands for `/`.
  /// - Returns: `nil` if the process's output is in no file.
  public init?(
    _ process: borrowing ProcessDirectory, kind: Service.Kind, container: Container?, writer: LogWriter,
    program: String, started: WallTime, limitBytes: Int = ServiceLog.defaultLimitBytes,
    root: FilePath = "/"
  ) throws(HostError) {
    let question = ServiceLog.Question(
      mark: LevelLine.mark, time: { LevelLine.time(of: $0).flatMap(LogTime.init(parsing:)) },
      isWanted: { LevelLine(parsing: $0).map { $0.isOf(kind) && $0.isBy(writer) } == true },
      isEnough: { LevelLine.debug(after: $0.compactMap(LevelLine.init(parsing:)), of: kind) != nil },
      hintMarks: kind == .driver ? [] : TraceLine.marks,
      isHint: { kind != .driver && TraceLine(parsing: $0)?.program == program },
      endsHints: { LevelLine(parsing: $0)?.isOf(kind) == true })
    guard
      let log = try ServiceLog(
        process: process, container: container, started: started, question: question,
        limitBytes: limitBytes, root: root)
    else { return nil }
    self.kind = kind
    self.writer = writer
    self.started = started
    self.log = log
  }

  /// What a log says of the level of a process.
  public struct Finding: Hashable, Sendable {
    /// Whether the process is in debug mode; `nil` if no line tells.
    public let debug: Bool?
    /// Whether it has written lines at trace, and none after them that reports a switch.
    public let isTracing: Bool
    /// Every line written at this time or later was read: `.distantPast` if that is every line since the
    /// start of the process. Earlier lines can be missing.
    public let wholeSince: WallTime
    /// Whether a client of the service could have caused the lines: in the line format, what it sends is
    /// logged without escapes.
    public let isForgeable: Bool
    /// When the newest line of the process itself was written; `nil` without one.
    public let newest: WallTime?

    public init(
      debug: Bool?, isTracing: Bool = false, wholeSince: WallTime, isForgeable: Bool, newest: WallTime?
    ) {
      self.debug = debug
      self.isTracing = isTracing
      self.wholeSince = wholeSince
      self.isForgeable = isForgeable
      self.newest = newest
    }
  }

  /// Looks for lines about the level. Looking again is cheap.
  public mutating func find(
    of process: borrowing ProcessDirectory, now: WallTime
  ) throws(HostError) -> Finding {
    let findings = try log.look(at: process, now: now)
    let lines = findings.lines.compactMap(LevelLine.init(parsing:))
    let hint = findings.hint.flatMap(TraceLine.init(parsing:))
    let byLines = LevelLine.debug(after: lines, of: kind)
    return Finding(
      debug: byLines, isTracing: byLines == nil && hint != nil,
      wholeSince: findings.wholeSince <= started + Self.firstLine ? .distantPast : findings.wholeSince,
      isForgeable: byLines == nil ? hint?.isForgeable == true : lines.contains(where: \.isForgeable),
      // In a shared log, it may be another's.
      newest: writer == .only ? findings.newest : nil)
  }
}

extension LevelLine {
  /// Older handlers do not tell which program they are in.
  fileprivate func isBy(_ writer: LogWriter) -> Bool {
    switch writer {
    case .only: true
    case .named(let name): program == name
    }
  }
}
