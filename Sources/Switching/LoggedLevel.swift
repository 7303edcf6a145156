import Containers
import Logs
import PlaceOS
import Processes
import SystemPackage
import Text

/// Which lines of a log are a process's own, where a line does not bear its pid.
///
/// There is no case for a log that several processes write alike (workers): none of its lines is evidence for
/// any one of them.
public enum LogWriter: Hashable, Sendable {
  /// No other process of PlaceOS has written to this log since the process started.
  case only
  /// No other process that calls itself so in its log has written to it: a driver in the log of its core,
  /// or a core in the log that it shares with its drivers.
  case named(String)
}

extension LogWriter {
  /// Which lines are an instance's own, given all that run; `nil` where no line can be told to be.
  ///
  /// Workers write alike to one log. Drivers write to the log of the core (or edge) that started them.
  init?(of instance: Instance, among instances: [Instance]) {
    let sharing = instances.filter { $0.identity != instance.identity && $0.sharesLog(with: instance) }
    if sharing.isEmpty {
      self = .only
    } else {
      guard !sharing.contains(where: { $0.programName == instance.programName }) else { return nil }
      self = .named(instance.programName)
    }
  }
}

extension Instance {
  /// What a program calls itself in its log.
  fileprivate var programName: String {
    service.kind == .driver
      ? SelectionSubject.driverName(ofExecutable: executable.path)
      : String(executable.path.split(separator: "/").last ?? "")
  }

  /// Whether two processes may write to the same log: those of one container do, and of processes outside of any
  /// container those that are parent and child may.
  fileprivate func sharesLog(with other: Instance) -> Bool {
    if let container { return container.id == other.container?.id }
    return other.container == nil
      && (executable == other.executable || service.kind == .driver || other.service.kind == .driver)
  }
}

/// The level of a process by its own last words about it, for executables whose memory cannot be read.
public struct LoggedLevel: Sendable {
  private let kind: Service.Kind
  private var log: ServiceLog

  /// - Parameters:
  ///   - startedWallNs: when the process started, nanoseconds after the epoch.
  ///   - root: the folder that stands for `/`.
  /// - Returns: `nil` where the process's output is in no file.
  public init?(
    _ process: borrowing ProcessDirectory, kind: Service.Kind, container: Container?, writer: LogWriter,
    startedWallNs: Int64, limitBytes: Int = ServiceLog.defaultLimitBytes, root: FilePath = "/"
  ) throws(HostError) {
    let question = ServiceLog.Question(
      mark: LevelLine.mark, time: { LevelLine.time(of: $0).flatMap(LogTime.init(parsing:)) },
      isWanted: { LevelLine(parsing: $0).map { $0.isOf(kind) && $0.isBy(writer) } == true },
      isEnough: { LevelLine.debug(after: $0.compactMap(LevelLine.init(parsing:)), of: kind) != nil })
    guard
      let log = try ServiceLog(
        process: process, container: container, startedWallNs: startedWallNs, question: question,
        limitBytes: limitBytes, root: root)
    else { return nil }
    self.kind = kind
    self.log = log
  }

  /// Whether the process is in debug mode by its log; `nil` where the log does not tell. To ask again is
  /// cheap.
  public mutating func debug(
    of process: borrowing ProcessDirectory, nowNs: Int64
  ) throws(HostError) -> Bool? {
    let lines = try log.lines(of: process, nowNs: nowNs)
    return LevelLine.debug(after: lines.compactMap(LevelLine.init(parsing:)), of: kind)
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
