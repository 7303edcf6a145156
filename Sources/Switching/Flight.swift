import Glibc
import Ledger
import PlaceOS
import Processes

/// One process on its way from intent to outcome: held, checked, signalled and watched.
final class Flight {
  enum Progress {
    /// Held; nothing has been sent.
    case held
    case sent(atBoottimeNs: Int64)
    case settled(Outcome, sentAtBoottimeNs: Int64?)
  }

  let step: Plan.Step
  let instance: Instance
  let signal: SwitchSignal
  let wanted: Bool
  private(set) var progress = Progress.held
  private let handle: ProcessHandle
  private let clock: @Sendable () -> HostClock
  private var probe: LevelProbe

  /// A signal to a process comes no sooner than this after the one before: of two with less between them
  /// one was seen to get lost.
  private static let signalGapNs: Int64 = 10_000_000

  /// Takes hold of the process of a step that sends.
  ///
  /// - Throws: `Lost` with the outcome where the process cannot be held any more.
  init(
    _ step: Plan.Step, _ instance: Instance, _ signal: SwitchSignal, towards wanted: Bool,
    observer: inout Observer, clock: @escaping @Sendable () -> HostClock
  ) throws(Lost) {
    self.clock = clock
    self.step = step
    self.instance = instance
    self.signal = signal
    self.wanted = wanted
    do {
      guard let handle = try ProcessHandle.open(instance.identity, proc: observer.table.proc) else {
        throw Lost(outcome: step.outcome(.vanished, [.ended], isAsAsked: !wanted))
      }
      probe = try observer.probe(of: instance, handle.directory, now: clock())
      self.handle = handle
    } catch let lost as Lost {
      throw lost
    } catch let error as HostError {
      throw Lost(
        outcome: error.isProcessGone
          ? step.outcome(.vanished, [.ended], isAsAsked: !wanted)
          : step.outcome(.failed, [.host(error), .notSent], isAsAsked: false))
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// A process that was gone before anything was recorded.
  struct Lost: Error { let outcome: Outcome }

  /// The last look, and the signal. Sends once at most, whatever comes of it.
  func send() {
    guard case .held = progress else { return }
    do {
      if let outcome = try reasonNotToSend() {
        progress = .settled(outcome, sentAtBoottimeNs: nil)
        return
      }
      let now = clock().boottimeNs
      try handle.send(signal == .usr1 ? SIGUSR1 : SIGUSR2)
      progress = .sent(atBoottimeNs: now)
    } catch {
      settleUnsent(error)
    }
  }

  /// Ends without a signal, because this program is asked to end.
  func giveUp() {
    guard case .held = progress else { return }
    progress = .settled(
      step.outcome(.failed, [.interrupted, .notSent], isAsAsked: false), sentAtBoottimeNs: nil)
  }

  /// Waits out the gap to the last signal that this process got.
  func waitForGap() {
    guard let last = instance.entry?.lastSignal else { return }
    let restNs = last.atBoottimeNs + Self.signalGapNs - clock().boottimeNs
    if restNs > 0 { Pause.sleep(ns: min(restNs, Self.signalGapNs)) }
  }

  /// Checks, now that the pidfd is open, that the process is still what the plan was made for: execve(2) keeps
  /// pid and start time, so the program is compared too, and its handlers are judged anew.
  private func reasonNotToSend() throws(HostError) -> Outcome? {
    guard try handle.directory.stat().startTicks == instance.identity.startTicks else {
      return step.outcome(.vanished, [.ended], isAsAsked: !wanted)
    }
    guard try handle.directory.knownExecutable() == instance.executable,
      try handle.directory.arguments() == instance.arguments
    else { return step.outcome(.refused, [.changedProgram, .notSent], isAsAsked: false) }
    let sight = try look()
    if sight.masks.hasSwitchSignalPending {
      return step.outcome(.failed, [.signalPending], isAsAsked: false)
    }
    if sight.isStopped { return step.outcome(.refused, [.stopped], isAsAsked: false) }
    // Somebody else may have switched it since the plan was made.
    if sight.debug == wanted {
      return step.outcome(
        .unchanged, [wanted ? .switchedOutside : .switchedBackOutside], after: wanted, isAsAsked: true)
    }
    if let obstacle = sight.handling.obstacle {
      return step.outcome(.refused, [.obstacle(obstacle), .notSent], isAsAsked: false)
    }
    guard sight.handling.signal(towards: wanted) == signal else {
      return step.outcome(.refused, [.changedProgram, .notSent], isAsAsked: false)
    }
    return nil
  }

  private func look() throws(HostError) -> LevelProbe.Sight {
    try probe.look(
      at: handle.directory, kind: instance.service.kind, isYoung: false, now: clock())
  }

  /// One look at a process that got its signal.
  ///
  /// - Parameter isLast: whether the time for it is over.
  func watch(isLast: Bool) {
    guard case .sent(let sentNs) = progress else { return }
    func settle(
      _ kind: Outcome.Kind, _ notes: [Outcome.Note], after: Bool?, evidence: Evidence, isAsAsked: Bool
    ) {
      progress = .settled(
        step.outcome(
          kind, step.notes + notes, after: after, evidence: evidence, isAsAsked: isAsAsked),
        sentAtBoottimeNs: sentNs)
    }
    func settleEnded() {
      settle(.vanished, [.ended], after: nil, evidence: step.evidence, isAsAsked: !wanted)
    }
    do {
      if handle.hasEnded { return settleEnded() }
      let sight = try look()
      if signal == .usr2, sight.handling.obstacle == .latchSpent {
        // It trapped SIGUSR2 a moment ago and ignores it now: its handler has run.
        settle(.switched, [], after: wanted, evidence: .signals, isAsAsked: true)
      } else if let debug = sight.debug, let evidence = sight.evidence {
        if debug == wanted {
          settle(.switched, [], after: wanted, evidence: evidence, isAsAsked: true)
        } else if isLast {
          settle(
            .unconfirmed, [.lastSeen(debug: debug, evidence: evidence)], after: debug,
            evidence: evidence, isAsAsked: false)
        }
      } else if isLast || (!probe.canTell && !sight.masks.hasSwitchSignalPending) {
        // Delivered, and nothing of this process can be read back: waiting longer shows no more.
        settle(
          .unconfirmed, [.lastSeen(debug: nil, evidence: .ledger)], after: wanted, evidence: .ledger,
          isAsAsked: false)
      }
    } catch {
      if error.isProcessGone { return settleEnded() }
      if isLast {
        settle(.unconfirmed, [.host(error)], after: nil, evidence: .ledger, isAsAsked: false)
      }
    }
  }

  private func settleUnsent(_ error: HostError) {
    progress = .settled(
      error.isProcessGone
        ? step.outcome(.vanished, [.ended], isAsAsked: !wanted)
        : step.outcome(.failed, [.host(error), .notSent], isAsAsked: false),
      sentAtBoottimeNs: nil)
  }
}

extension Plan.Step {
  func outcome(
    _ kind: Outcome.Kind, _ notes: [Outcome.Note], after: Bool? = nil, evidence: Evidence? = nil,
    isAsAsked: Bool
  ) -> Outcome {
    let isUntouched = kind == .refused || kind == .failed
    // Sent on its way out of debug mode and still in it: the deadline that it had holds on.
    let isStillOn = if case .send(_, towards: false) = action { after == true } else { false }
    let deadline = isStillOn ? instance?.entry?.deadlineBoottimeNs : deadlineBoottimeNs
    return Outcome(
      target: target, before: before, after: isUntouched ? before : after, kind: kind,
      evidence: evidence ?? self.evidence,
      deadlineBoottimeNs: isUntouched || kind == .vanished ? nil : deadline,
      notes: notes, isAsAsked: isAsAsked)
  }
}
