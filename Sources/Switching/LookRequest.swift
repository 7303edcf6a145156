import Containers
import PlaceOS
import Processes
import Text

/// What a reader process is asked.
struct LookRequest {
  enum Subject: UInt8 {
    /// What the process executes: ``ProgramReading``.
    case program
    /// What shows its level: ``LevelLook``.
    case level
  }

  let subject: Subject
  /// Of the held process.
  let slot: Int
  /// `level` only: whether its executable has a trace flag. Without one, its symbols are not looked through again: of
  /// one that has millions, each new reader would need long to find none.
  var hasFlag = false
  /// `level` only: how its log is read, where it is to be.
  var log: LogQuestion?
  /// `level` only: what is looked at besides.
  var parts: LookParts = []
  /// `level` only: where the program was that was recognised.
  var addresses = ProcStat.ProgramAddresses(code: 0, stack: 0)
  var now = WallTime(nanoseconds: 0)
}

/// What a look at a level takes in besides, because it costs more.
struct LookParts: OptionSet {
  let rawValue: UInt8

  /// Signals that a handler has taken and the event loop has not: a look at each descriptor of the process.
  static let pipes = LookParts(rawValue: 1)
  /// The same, and whether the event loop has acted on all that it took: looked at twice, with a moment in between.
  static let drained: LookParts = [.pipes, LookParts(rawValue: 4)]
  /// Whether it still executes what was recognised: the last check before a signal.
  static let program = LookParts(rawValue: 2)
}

/// How the log of a process is read.
struct LogQuestion: Hashable {
  let kind: Service.Kind
  let container: Container?
  let writer: LogWriter
  /// What the process calls itself in its log.
  let program: String
  /// When the process started; by two clocks, so not the same to the nanosecond each time.
  let started: WallTime

  /// Whether it is the same log, read in the same way.
  func isSame(as other: LogQuestion) -> Bool {
    kind == other.kind && container == other.container && writer == other.writer && program == other.program
  }
}

/// What of a process shows its level, and what is on its way to it.
struct LevelEvidence {
  /// What it executes now, where that was asked.
  let program: ProgramCheck?
  /// Its trace flag; `nil` where its executable has none, or it is neither 0 nor 1.
  let flag: Bool?
  /// Why the flag cannot be read.
  let flagRefusal: HostError?
  let log: LoggedLevel.Finding?
  let logRefusal: HostError?
  let pipes: SignalPipes?
}

/// What was seen of a process at one look: its evidence, and what the kernel says of its signals.
struct LevelLook {
  /// With the pipes: what was pending before the look at them as well.
  var status: ProcStatus
  /// Whether its control group is frozen, as that of a paused container is.
  let isFrozen: Bool
  let evidence: LevelEvidence

  /// This look, with what was pending at an earlier one as well: that may have been delivered since.
  func pending(since earlier: ProcStatus?) -> LevelLook {
    guard let earlier else { return self }
    var look = self
    look.status = status.pending(since: earlier)
    return look
  }
}

/// What a process executes now, compared with what was recognised.
struct ProgramCheck: Hashable {
  /// Whether it has executed nothing since: an execve(2) puts program and stack to other places.
  let isUntouched: Bool
  /// Where it is not known to be untouched: what it executes.
  let executable: ExecutableFile?
  let arguments: [String]

  /// Whether it executes this file, with these arguments.
  func agrees(with executable: ExecutableFile, _ arguments: [String]) -> Bool {
    self.arguments == arguments && (isUntouched || self.executable == executable)
  }
}

extension ProgramCheck: Message {
  func write(to message: inout MessageWriter) { message.write(isUntouched, executable, arguments) }

  init(from message: inout MessageReader) throws(ParseError) {
    isUntouched = try message.read()
    executable = try message.read()
    arguments = try message.read()
  }
}

extension LookRequest: Message {
  func write(to message: inout MessageWriter) {
    message.write(subject.rawValue, slot, hasFlag, log, parts.rawValue, addresses.code, addresses.stack, now)
  }

  init(from message: inout MessageReader) throws(ParseError) {
    subject = try message.read(UInt8.self) == 0 ? .program : .level
    slot = try message.read()
    hasFlag = try message.read()
    log = try message.read()
    parts = LookParts(rawValue: try message.read())
    addresses = ProcStat.ProgramAddresses(code: try message.read(), stack: try message.read())
    now = try message.read()
  }
}

extension LogQuestion: Message {
  func write(to message: inout MessageWriter) {
    let name: String? = if case .named(let name) = writer { name } else { nil }
    message.write(kind == .driver, container, name, program, started)
  }

  init(from message: inout MessageReader) throws(ParseError) {
    kind = try message.read(Bool.self) ? .driver : .service
    container = try message.read()
    writer = try message.read(String?.self).map { .named($0) } ?? .only
    program = try message.read()
    started = try message.read()
  }
}

extension LevelEvidence: Message {
  func write(to message: inout MessageWriter) {
    message.write(program, flag, flagRefusal, log, logRefusal, pipes)
  }

  init(from message: inout MessageReader) throws(ParseError) {
    program = try message.read()
    flag = try message.read()
    flagRefusal = try message.read()
    log = try message.read()
    logRefusal = try message.read()
    pipes = try message.read()
  }
}

extension LevelLook: Message {
  func write(to message: inout MessageWriter) { message.write(status, isFrozen, evidence) }

  init(from message: inout MessageReader) throws(ParseError) {
    status = try message.read()
    isFrozen = try message.read()
    evidence = try message.read()
  }
}

extension LoggedLevel.Finding: Message {
  public func write(to message: inout MessageWriter) {
    message.write(debug, isTracing, wholeSince, isForgeable, newest)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      debug: try message.read(), isTracing: try message.read(), wholeSince: try message.read(),
      isForgeable: try message.read(),
      newest: try message.read())
  }
}
