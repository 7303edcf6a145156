import Glibc
import Ledger
import PlaceOS
import Processes

/// One signal on its way from intent to outcome: the process is checked once more, signalled and watched.
///
/// It is a value that is told what was seen: it reads nothing, and its only effect is the signal itself.
struct Delivery {
  enum Progress {
    /// Nothing has been sent.
    case intended
    case sent(at: BootTime)
    case settled(Outcome, sentAt: BootTime?)
  }

  let step: Plan.Step
  let instance: Instance
  let signal: SwitchSignal
  let wanted: Bool
  private let resends: Bool
  let isRecorded: Bool
  private(set) var progress = Progress.intended
  /// Whether the process was seen to take the signal, though not what it did with it.
  private(set) var wasTaken = false

  /// The shortest time between two signals to a process: with less between them one was seen to get lost.
  static let signalGap: Duration = .milliseconds(10)

  /// - Parameters:
  ///   - resends: whether a person takes responsibility for a signal although an earlier one has not shown.
  ///   - isRecorded: whether the state file says that the signal may be sent.
  init?(_ step: Plan.Step, resends: Bool, isRecorded: Bool) {
    guard case .send(let signal, let wanted) = step.action, let instance = step.instance else { return nil }
    self.step = step
    self.instance = instance
    self.signal = signal
    self.wanted = wanted
    self.resends = resends
    self.isRecorded = isRecorded
  }

  /// Whether it was signalled and its answer is still awaited.
  var isOpen: Bool { if case .sent = progress { true } else { false } }

  /// How much is left of the gap since the last signal to this process.
  func gap(now: HostClock) -> Duration {
    guard let last = instance.entry?.lastSignal else { return .zero }
    return min(Self.signalGap, max(.zero, Self.signalGap - now.age(of: last.at)))
  }

  // MARK: the last check, and the signal

  /// Sends, unless what was just seen of the process speaks against it. Sends at most once, whatever happens.
  ///
  /// - Parameters:
  ///   - seen: what was seen of the process after the intent was recorded; `nil`: it has ended.
  ///   - held: the process.
  mutating func send(
    after seen: Result<(Reading, LevelReading, Underway)?, HostError>, to held: HeldProcess?, now: HostClock
  ) {
    guard case .intended = progress else { return }
    do throws(HostError) {
      guard let held, let (reading, level, underway) = try seen.get() else {
        return settle(.vanished, [.ended], isAsAsked: isNoLoss(now: now))
      }
      if let outcome = reasonNotToSend(reading, level, underway) {
        progress = .settled(outcome, sentAt: nil)
        return
      }
      try held.handle.send(signal == .usr1 ? SIGUSR1 : SIGUSR2)
      progress = .sent(at: now.boottime)
    } catch {
      if error.isProcessGone {
        settle(.vanished, [.ended], isAsAsked: isNoLoss(now: now))
      } else {
        settle(.failed, [.host(error), .notSent], isAsAsked: false)
      }
    }
  }

  /// Ends without a signal, because this program is asked to end.
  mutating func giveUp() {
    guard case .intended = progress else { return }
    settle(.failed, [.interrupted, .notSent], isAsAsked: false)
  }

  /// The process is still the one planned for: execve(2) keeps pid and start time, so the program is compared
  /// too, and its handlers and its level are judged again.
  private func reasonNotToSend(_ reading: Reading, _ level: LevelReading, _ underway: Underway) -> Outcome? {
    guard let program = reading.evidence.program,
      program.agrees(with: instance.executable, instance.arguments)
    else { return step.outcome(.refused, [.changedProgram, .notSent], isAsAsked: false) }
    switch underway {
    case .nothing, .claimed: break
    case .unseen: if !resends { return step.outcome(.failed, [.underway(underway)], isAsAsked: false) }
    case .pending, .queued: return step.outcome(.failed, [.underway(underway)], isAsAsked: false)
    }
    if reading.isStopped { return step.outcome(.refused, [.stopped], isAsAsked: false) }
    // Somebody else may have switched it since the plan was made.
    if level.evidence.isOfProcess, level.debug == wanted {
      return step.outcome(
        .unchanged, [wanted ? .switchedOutside : .switchedBackOutside], after: wanted, isAsAsked: true)
    }
    // Otherwise a log that stopped on a full disk, and a ledger that was not written, would cause a second
    // signal.
    if !isRecorded, level.evidence != .memory, level.evidence != .signals {
      return step.outcome(.refused, [.unrecorded], isAsAsked: false)
    }
    if let obstacle = reading.handling.obstacle {
      return step.outcome(.refused, [.obstacle(obstacle), .notSent], isAsAsked: false)
    }
    guard reading.handling.signal(towards: wanted) == signal else {
      return step.outcome(.refused, [.changedProgram, .notSent], isAsAsked: false)
    }
    return nil
  }

  // MARK: watching

  /// Takes what was seen of a signalled process.
  ///
  /// - Parameters:
  ///   - seen: `nil` if the process has ended.
  ///   - isLast: whether its time is up.
  mutating func watch(_ seen: Result<(Reading, LevelReading)?, HostError>, isLast: Bool) {
    guard isOpen else { return }
    switch seen {
    case .success(nil): settle(.vanished, [.ended], isAsAsked: !wanted)
    case .success(let (reading, level)?): judge(reading, level, isLast: isLast)
    case .failure(let error):
      if isLast { settle(.unconfirmed, [.host(error)], after: nil, evidence: .ledger, isAsAsked: false) }
    }
  }

  private mutating func judge(_ reading: Reading, _ level: LevelReading, isLast: Bool) {
    if signal == .usr2, reading.handling.obstacle == .latchSpent {
      // It trapped SIGUSR2 a moment ago and ignores it now: its handler has run.
      return settle(.switched, [], after: wanted, evidence: .signals, isAsAsked: true)
    }
    if level.evidence.isOfProcess, level.debug == wanted {
      return settle(.switched, [], after: wanted, evidence: level.evidence, isAsAsked: true)
    }
    if reading.evidence.pipes?.areDrained == true, !reading.masks.hasSwitchSignalPending { wasTaken = true }
    if level.evidence.isOfProcess, let debug = level.debug {
      guard isLast else { return }
      let note = Outcome.Note.lastSeen(debug: debug, evidence: level.evidence)
      return settle(.unconfirmed, [note], after: debug, evidence: level.evidence, isAsAsked: false)
    }
    // Delivered and taken, and this process's level cannot be read back: waiting longer shows nothing more.
    guard isLast || (wasTaken && reading.evidence.log == nil) else { return }
    settle(
      .unconfirmed, [.lastSeen(debug: nil, evidence: .ledger)], after: wasTaken ? wanted : nil,
      evidence: .ledger, isAsAsked: false)
  }

  private mutating func settle(
    _ kind: Outcome.Kind, _ notes: [Outcome.Note], after: Bool? = nil, evidence: Evidence? = nil,
    isAsAsked: Bool
  ) {
    var sent: BootTime?
    if case .sent(let at) = progress { sent = at }
    let notes = sent == nil ? notes : step.notes + notes
    progress = .settled(
      step.outcome(kind, notes, after: after, evidence: evidence, isAsAsked: isAsAsked),
      sentAt: sent)
  }

  /// Whether nothing is lost if the process ended before its signal: it was to leave debug mode, or is so new
  /// that nobody ever saw it as a service (a copy about to execute another program).
  private func isNoLoss(now: HostClock) -> Bool {
    !wanted || now.age(of: instance.started) < Self.newProcess
  }

  private static let newProcess: Duration = .seconds(5)
}

extension Plan.Step {
  func outcome(
    _ kind: Outcome.Kind, _ notes: [Outcome.Note], after: Bool? = nil, evidence: Evidence? = nil,
    isAsAsked: Bool
  ) -> Outcome {
    let isUntouched = kind == .refused || kind == .failed
    // Signalled to leave debug mode and not seen to have left it: its deadline still holds.
    let mayBeOn = if case .send(_, towards: false) = action { after != false } else { false }
    let deadline = mayBeOn ? instance?.entry?.deadline : self.deadline
    return Outcome(
      target: target, before: before, after: isUntouched ? before : after, kind: kind,
      evidence: evidence ?? self.evidence,
      deadline: isUntouched || kind == .vanished ? nil : deadline,
      notes: notes, isAsAsked: isAsAsked, refusal: instance?.level.refusal)
  }
}
