import Glibc
import Ledger
import PlaceOS
import Processes
import Text

/// What was seen at one moment of a process: how it can be switched, what shows its level, what is on its way to it.
struct Reading {
  let handling: Handling
  let masks: SignalMasks
  /// `R`, `S`, `T` …; proc_pid_stat(5).
  let state: UInt8
  /// Whether its control group is frozen, as that of a paused container is.
  let isFrozen: Bool
  let evidence: LevelEvidence

  /// Stopped by a signal, a terminal or a debugger, or frozen: it would act on a signal only later.
  var isStopped: Bool { state == UInt8(ascii: "T") || state == UInt8(ascii: "t") || isFrozen }
}

/// Reads levels, of those processes that were selected and of no others.
struct LevelReader {
  let looks: Looks

  /// How often, and how far apart, a reading is repeated that could be the moment in which a handler arms itself again.
  private static let rereadings = 20
  private static let rereadingGapNs: Int64 = 1_000_000
  /// How long a process may take to install its handler, nanoseconds; older ones will not do so any more.
  private static let startUpNs: Int64 = 60_000_000_000

  /// Reads processes that were recognised.
  ///
  /// - Parameters:
  ///   - wantsPipes: whether to look for signals that a handler has taken and the event loop has not; a look at each
  ///     descriptor of the process.
  ///   - writers: whose lines are a process's own, for those whose log is to be read.
  /// - Returns: for each, in their order, what was seen; `nil` for one that has ended.
  func read(
    _ processes: [RecognisedProcess], wantsPipes: Bool = false, writers: [ProcessIdentity: LogWriter] = [:],
    now: HostClock
  ) -> [Result<Reading?, HostError>] {
    var results: [Result<Reading?, HostError>] = []
    for start in stride(from: 0, to: processes.count, by: looks.limitHeld) {
      looks.startPart()
      let part = Array(processes[start..<min(start + looks.limitHeld, processes.count)])
      results += readHeld(part, wantsPipes, writers, now)
    }
    return results
  }

  private func readHeld(
    _ processes: [RecognisedProcess], _ wantsPipes: Bool, _ writers: [ProcessIdentity: LogWriter],
    _ now: HostClock
  ) -> [Result<Reading?, HostError>] {
    let holds = processes.map { process in
      Result { () throws(HostError) in try looks.hold(process.identity) }
    }
    let held = holds.compactMap { try? $0.get() }
    // Before the pipes: what is pending no more when it is looked at here has reached the handler when these are.
    let statuses = Dictionary(
      held.map { process in
        (process.slot, Result { () throws(HostError) in try process.handle.directory.status() })
      }
    ) { first, _ in first }
    let known = Dictionary(processes.map { ($0.identity, $0) }) { first, _ in first }
    let evidence = looks.levels(of: held, wantsPipes: wantsPipes, nowWallNs: now.wallNs) { process in
      guard let writer = writers[process.identity], let known = known[process.identity] else { return nil }
      return LogQuestion(
        kind: known.service.levelKind, container: known.container, writer: writer, program: known.programName,
        startedWallNs: now.wallNs(atBoottimeNs: process.identity.startedBoottimeNs))
    }
    let seen = Dictionary(zip(held.map(\.slot), evidence)) { first, _ in first }
    return zip(processes, holds).map { process, hold in
      Result { () throws(HostError) -> Reading? in
        guard let held = try hold.get(), let evidence = seen[held.slot], let status = statuses[held.slot]
        else { return nil }
        do throws(HostError) {
          return try judge(process, held, try status.get(), try evidence.get(), now)
        } catch {
          if error.isProcessGone, held.handle.hasEnded { return nil }
          throw error
        }
      }
    }
  }

  /// What can be read here: it is the kernel's own word, and never waits for the process or a file system.
  private func judge(
    _ process: RecognisedProcess, _ held: HeldProcess, _ status: ProcStatus, _ evidence: LevelEvidence,
    _ now: HostClock
  ) throws(HostError) -> Reading {
    let isYoung = now.boottimeNs - process.identity.startedBoottimeNs < Self.startUpNs
    var handling = process.handling(status.masks, isYoung: isYoung)
    for _ in 0..<Self.rereadings where handling.isMomentary {
      Pause.sleep(ns: Self.rereadingGapNs)
      handling = process.handling(try held.handle.directory.status().masks, isYoung: isYoung)
    }
    return Reading(
      handling: handling, masks: status.masks, state: status.state,
      isFrozen: Freezer.isFrozen(held.handle.directory), evidence: evidence)
  }
}

extension RecognisedProcess {
  /// How it can be switched.
  fileprivate func handling(_ masks: SignalMasks, isYoung: Bool) -> Handling {
    if isPuma { return .puma }
    return Handling(
      kind: service.kind, declared: service.dialect,
      dispositions: SignalDispositions(
        usr1: masks.disposition(of: SIGUSR1), usr2: masks.disposition(of: SIGUSR2)),
      symbol: trace, isYoung: isYoung)
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
  private var nextNs: Int64 = 300_000
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
