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
    // By position in `processes`.
    let held = holds.indices.compactMap { index in (try? holds[index].get()).map { (index, $0) } }
    var seen = [Result<LevelLook, HostError>?](repeating: nil, count: processes.count)
    func look(at held: [(index: Int, process: HeldProcess)]) {
      let answers = looks.levels(of: held.map(\.process), parts, now: now.wall) { number in
        let known = processes[held[number].index]
        let log = writers[known.identity].map { writer in
          LogQuestion(
            kind: known.service.levelKind, container: known.container, writer: writer,
            program: known.programName,
            started: now.wall(at: known.identity.started))
        }
        return (known.addresses, known.trace == .logBackend || known.trace == .driver, log)
      }
      for ((index, _), answer) in zip(held, answers) {
        let earlier = (try? seen[index]?.get())?.status
        seen[index] = answer.map { $0.pending(since: earlier) }
      }
    }
    look(at: held)
    // Nothing on its way at one look is proof only together with a second: one moment for all of them.
    let quiet = held.filter { (try? seen[$0.0]?.get())?.evidence.pipes?.areDrained == true }
    if !quiet.isEmpty {
      Pause.sleep(SignalPipes.gap)
      look(at: quiet)
    }
    return processes.indices.map { index in
      Result { () throws(HostError) -> Reading? in
        guard let held = try holds[index].get(), let look = seen[index] else { return nil }
        do throws(HostError) {
          return try reading(processes[index], held, try look.get(), now)
        } catch {
          if error.isProcessGone, held.handle.hasEnded { return nil }
          throw error
        }
      }
    }
  }

  /// What the look shows; looked at again where it can be the moment at which a handler rearms itself.
  private func reading(
    _ process: RecognisedProcess, _ held: HeldProcess, _ look: LevelLook, _ now: HostClock
  ) throws(HostError) -> Reading {
    let isYoung = now.age(of: process.identity.started) < Self.startUp
    var handling = process.handling(look.status.masks, isYoung: isYoung)
    for _ in 0..<Self.rereadings where handling.isMomentary {
      Pause.sleep(Self.rereadingGap)
      handling = process.handling(try held.handle.directory.status().masks, isYoung: isYoung)
    }
    return Reading(
      handling: handling, masks: look.status.masks, state: look.status.state, isFrozen: look.isFrozen,
      evidence: look.evidence)
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
