import Executables
import Glibc
import PlaceOS
import Processes

/// The one place where ways of reading the level from a process plug in: its memory, its signals, its log.
///
/// Taken once for a process, it can be asked again and again while a switch is awaited.
public struct LevelProbe: Sendable {
  /// What the executable's symbols say.
  public let symbol: TraceSymbol
  /// Whether the executable's own symbols prove that it is PlaceOS's.
  public let isProved: Bool
  /// What a signal does to it, by somebody's word.
  var declaredDialect: Dialect?
  /// Why the process's memory cannot be read.
  public let refusal: HostError?
  /// Why its log cannot be.
  private var logRefusal: HostError?
  private let memory: TraceFlagReader?
  private var log: LoggedLevel?

  /// What was seen at one moment.
  public struct Sight: Sendable {
    public let handling: Handling
    public let masks: SignalMasks
    public let state: UInt8
    /// Whether it is in debug mode; `nil` where nothing of the process tells.
    public let debug: Bool?
    /// `.memory`, `.signals` or `.log`; `nil` where none tells.
    public let evidence: Evidence?
    public let refusal: HostError?
  }

  /// How often, and how far apart, a reading is repeated that could be the moment in which a handler arms
  /// itself again.
  private static let rereadings = 20
  private static let rereadingGapNs: Int64 = 1_000_000

  public init(
    _ process: borrowing ProcessDirectory, cache: inout SymbolCache
  ) throws(HostError) {
    do {
      let reader = try TraceFlagReader(process: process, cache: &cache)
      memory = reader
      symbol = TraceSymbol(reader.executable)
      isProved = reader.executable.hasPlaceOSNamespace
      if case .failure(let error) = reader.flag { refusal = error } else { refusal = nil }
    } catch {
      if error.isProcessGone { throw error }
      (memory, symbol, isProved, refusal) = (nil, .unknown, false, error)
    }
  }

  /// Whether the level may be told from the process at all, once it is asked for.
  public var canTell: Bool { log != nil || (memory?.executable.traceFlag != nil && refusal == nil) }

  /// Whether it reads the process's log.
  var followsLog: Bool { log != nil }

  /// Keeps why the log, which was to be read, cannot be.
  mutating func noteRefusal(ofLog error: HostError) { logRefusal = error }

  /// Reads the log as well, where memory and signals do not tell.
  public mutating func follow(_ log: LoggedLevel?) { self.log = log }

  /// Looks at the process now.
  public mutating func look(
    at process: borrowing ProcessDirectory, kind: Service.Kind, isYoung: Bool, now: HostClock
  ) throws(HostError) -> Sight {
    var status = try process.status()
    var handling = judge(status, kind, isYoung)
    for _ in 0..<Self.rereadings where handling.isMomentary {
      Pause.sleep(ns: Self.rereadingGapNs)
      status = try process.status()
      handling = judge(status, kind, isYoung)
    }
    var refusal = refusal
    if let memory, refusal == nil {
      do {
        if let flag = try memory.read(of: process) {
          return Sight(
            handling: handling, masks: status.masks, state: status.state, debug: flag,
            evidence: .memory, refusal: nil)
        }
      } catch {
        if error.isProcessGone { throw error }
        refusal = error
      }
    }
    var debug = handling.debug
    var evidence: Evidence? = debug == nil ? nil : .signals
    if debug == nil, log != nil {
      do {
        debug = try log?.debug(of: process, nowNs: now.wallNs)
        if debug != nil { evidence = .log }
      } catch {
        if error.isProcessGone { throw error }
        refusal = refusal ?? error
      }
    }
    return Sight(
      handling: handling, masks: status.masks, state: status.state, debug: debug, evidence: evidence,
      refusal: refusal ?? logRefusal)
  }

  private func judge(_ status: ProcStatus, _ kind: Service.Kind, _ isYoung: Bool) -> Handling {
    Handling(
      kind: kind, declared: declaredDialect,
      dispositions: SignalDispositions(
        usr1: status.masks.disposition(of: SIGUSR1), usr2: status.masks.disposition(of: SIGUSR2)),
      symbol: symbol, isYoung: isYoung)
  }
}

extension TraceSymbol {
  init(_ executable: ExecutableSymbols) {
    switch executable.traceFlag?.kind {
    case .logBackend: self = .logBackend
    case .driver: self = .driver
    // A flag that cannot be used is no proof that there is none.
    case nil: self = executable.isStripped || executable.traceFlagProblem != nil ? .unknown : .absent
    }
  }
}

extension SignalMasks {
  func disposition(of signal: Int32) -> Disposition {
    if caught.contains(signal) { return .caught }
    return ignored.contains(signal) ? .ignored : .standard
  }

  /// Whether a signal that this program might have sent is still undelivered.
  var hasSwitchSignalPending: Bool { pending.contains(SIGUSR1) || pending.contains(SIGUSR2) }
}

/// Sleeps between looks: short at first, for most processes act within half a millisecond, then longer.
struct Pause {
  private var nextNs: Int64 = 50_000
  private static let longestNs: Int64 = 20_000_000

  mutating func next() {
    Self.sleep(ns: nextNs)
    nextNs = min(nextNs * 3 / 2, Self.longestNs)
  }

  static func sleep(ns: Int64) {
    var wanted = timespec(tv_sec: Int(ns / 1_000_000_000), tv_nsec: Int(ns % 1_000_000_000))
    var rest = timespec()
    while nanosleep(&wanted, &rest) != 0, errno == EINTR { wanted = rest }
  }
}
