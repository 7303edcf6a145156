import Glibc
import Ledger
import PlaceOS
import Processes
import Text

/// What was seen of a process at one moment: how it can be switched, the evidence of its level, signals on
/// their way to it.
struct Reading {
  let handling: Handling
  let masks: SignalMasks
  /// `R`, `S`, `T` …; proc_pid_stat(5).
  let state: UInt8
  /// Whether its control group is frozen, as that of a paused container is.
  let isFrozen: Bool
  let evidence: LevelEvidence

  /// Stopped by a signal, a terminal or a debugger, or frozen: it would act on a signal only later.
  var isStopped: Bool { ProcStat.isStopped(state) || isFrozen }
}

/// Reads levels, only of selected processes.
struct LevelReader {
  let looks: Looks

  /// How often, and how far apart, a reading is repeated if it could be the moment when a handler rearms
  /// itself.
  private static let rereadings = 20
  private static let rereadingGap: Duration = .milliseconds(1)
  /// How long a process may take to install its handler; an older one will not install it any more.
  private static let startUp: Duration = .seconds(60)

  /// Reads recognised processes.
  ///
  /// - Parameters:
  ///   - parts: what else to read.
  ///   - writers: whose lines are a process's own, for those whose log is to be read.
  /// - Returns: what was seen of each, in order; `nil` for one that has ended.
  func read(
    _ processes: [RecognisedProcess], _ parts: LookParts = [], writers: [ProcessIdentity: LogWriter] = [:],
    now: HostClock
  ) -> [Result<Reading?, HostError>] {
    var results: [Result<Reading?, HostError>] = []
    for start in stride(from: 0, to: processes.count, by: looks.limitHeld) {
      looks.startPart()
      let part = Array(processes[start..<min(start + looks.limitHeld, processes.count)])
      results += readHeld(part, parts, writers, now)
    }
    return results
  }

  private func readHeld(
    _ processes: [RecognisedProcess], _ parts: LookParts, _ writers: [ProcessIdentity: LogWriter],
    _ now: HostClock
  ) -> [Result<Reading?, HostError>] {
    let holds = processes.map { process in
      Result { () throws(HostError) in try looks.hold(process.identity) }
    }
    let held = holds.compactMap { try? $0.get() }
    // The way that a signal goes: pending, in its pipe, then seen in what it changes. One that is no longer pending
    // here has reached the handler by the time the pipes are read.
    let statuses = Dictionary(
      held.map { process in
        (process.slot, Result { () throws(HostError) in try process.handle.directory.status() })
      }
    ) { first, _ in first }
    let known = Dictionary(processes.map { ($0.identity, $0) }) { first, _ in first }
    func look(at held: [HeldProcess]) -> [Int: Result<LevelEvidence, HostError>] {
      let evidence = looks.levels(
        of: held, parts, nowWallNs: now.wallNs,
        addresses: { known[$0.identity]?.addresses ?? $0.handle.stat.programAddresses },
        log: { process in
          guard let writer = writers[process.identity], let known = known[process.identity] else {
            return nil
          }
          return LogQuestion(
            kind: known.service.levelKind, container: known.container, writer: writer,
            program: known.programName,
            startedWallNs: now.wallNs(atBoottimeNs: process.identity.startedBoottimeNs))
        })
      return Dictionary(zip(held.map(\.slot), evidence)) { first, _ in first }
    }
    var seen = look(at: held)
    // Nothing on its way at one look is proof only together with a second: one moment for all of them.
    let quiet = held.filter { (try? seen[$0.slot]?.get())?.pipes?.areDrained == true }
    if !quiet.isEmpty {
      Pause.sleep(SignalPipes.gap)
      seen.merge(look(at: quiet)) { _, second in second }
    }
    return zip(processes, holds).map { process, hold in
      Result { () throws(HostError) -> Reading? in
        guard let held = try hold.get(), let evidence = seen[held.slot], let status = statuses[held.slot]
        else { return nil }
        do throws(HostError) {
          return try judge(process, held, try status.get(), try evidence.get(), parts, now)
        } catch {
          if error.isProcessGone, held.handle.hasEnded { return nil }
          throw error
        }
      }
    }
  }

  /// What can be read here: it comes from the kernel, and never waits for the process or a file system.
  private func judge(
    _ process: RecognisedProcess, _ held: HeldProcess, _ before: ProcStatus, _ evidence: LevelEvidence,
    _ parts: LookParts, _ now: HostClock
  ) throws(HostError) -> Reading {
    // What a signal that has left its pipe meanwhile did to the dispositions.
    let status = parts.contains(.pipes) ? try held.handle.directory.status().pending(since: before) : before
    let isYoung = now.age(ofBoottimeNs: process.identity.startedBoottimeNs) < Self.startUp
    var handling = process.handling(status.masks, isYoung: isYoung)
    for _ in 0..<Self.rereadings where handling.isMomentary {
      Pause.sleep(Self.rereadingGap)
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
    if let unswitchable { return unswitchable }
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

/// Sleeps between looks: short at first, as most processes act within half a millisecond, then longer.
struct Pause {
  private var length: Duration = .microseconds(300)
  private static let longest: Duration = .milliseconds(20)

  mutating func next() {
    Self.sleep(length)
    length = min(length * 3 / 2, Self.longest)
  }

  static func sleep(_ span: Duration) {
    let ns = span.nanoseconds
    var wanted = timespec(tv_sec: Int(ns / 1_000_000_000), tv_nsec: Int(ns % 1_000_000_000))
    var rest = timespec()
    while nanosleep(&wanted, &rest) != 0, errno == EINTR { wanted = rest }
  }
}
