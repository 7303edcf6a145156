import Text

/// What `/proc/PID/stat` says, as far as this program asks; proc_pid_stat(5).
///
/// A real line, of a process that calls itself `a) R (b`:
///
///     4711 (a) R (b) S 1 4711 4711 0 -1 4194560 113 0 0 0 0 0 0 0 20 0 1 0 60284 5677056 …
public struct ProcStat: Hashable, Sendable {
  public let pid: Int32
  /// The process's name, any bytes: it may hold parentheses, spaces and newlines.
  public let comm: [UInt8]
  /// `R`, `S`, `D`, `T` (stopped), `t` (traced), `Z` (zombie), `X` …
  public let state: UInt8
  /// Its parent; 0 if that is not visible from here.
  public let parentPID: Int32
  /// Clock ticks after boot.
  public let startTicks: UInt64
  /// See ``ProcessIdentity/started``.
  public var started: BootTime { BootTime(ticks: startTicks) }
  /// The addresses of its program.
  public let programAddresses: ProgramAddresses

  /// Tells apart two programs that one process executed one after the other: each execve(2) puts program and
  /// stack elsewhere. All 0 or 1 without the right to see them.
  public struct ProgramAddresses: Hashable, Sendable {
    /// `startcode` and `startstack`, the 26th and the 28th field.
    public let code: UInt64
    public let stack: UInt64

    public init(code: UInt64, stack: UInt64) {
      self.code = code
      self.stack = stack
    }
  }

  /// Whether it is stopped by a signal, a terminal or a debugger.
  public var isStopped: Bool { Self.isStopped(state) }

  /// Whether a state, as it also stands in `/proc/PID/status`, is one of these.
  public static func isStopped(_ state: UInt8) -> Bool {
    state == UInt8(ascii: "T") || state == UInt8(ascii: "t")
  }

  /// Whether it has ended and only waits for its parent to notice (a zombie), or is past even that.
  public var hasEnded: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

  public init(parsing bytes: [UInt8]) throws(ParseError) {
    // The name ends at the last parenthesis: no field after it can hold one.
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
      let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close
    else { throw ParseError("no name in parentheses") }
    guard let pid = Int32(ascii: bytes[..<open].trimmingSpaces), pid > 0 else {
      throw ParseError("the first field is not a pid")
    }
    let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "))
    guard let state = fields.first, state.count == 1 else { throw ParseError("no state") }
    // The field after the name is the third in the manual page's list, the parent is the 4th, the start time
    // the 22nd, and the addresses are the 26th and the 28th. Another must follow them: in a line that was cut
    // off, the last could be the start of a longer number.
    guard fields.count > 26, let parentPID = Int32(ascii: fields[1]), let start = UInt64(ascii: fields[19]),
      let code = UInt64(ascii: fields[23]),
      let stack = UInt64(ascii: fields[25])
    else { throw ParseError("no start time and addresses") }
    self.pid = pid
    self.parentPID = parentPID
    comm = Array(bytes[(open + 1)..<close])
    self.state = state[state.startIndex]
    startTicks = start
    programAddresses = ProgramAddresses(code: code, stack: stack)
  }
}
