import Containers
import Ledger
import Logging
import Processes
import Switching

// The four duties. Each asks the agenda what is due, and has the pipeline do it.

extension Agent {
  /// Drops the entries of processes that have ended.
  func dropEnded(_ directory: StateDirectory) throws(Pipeline.Stop) {
    guard !ended.isEmpty else { return }
    let result = try run(request(.revert, .processes(ended), reason: nil, wait: .zero), directory)
    for outcome in result.outcomes {
      ended.remove(outcome.target.identity)
      log.info("a process in debug mode has ended", metadata: Self.metadata(of: outcome))
    }
    // Those that a command has already dropped.
    ended.formIntersection(agenda.entries.map(\.identity))
  }

  /// Processes past their deadline leave debug mode.
  func revertExpired(_ directory: StateDirectory) throws(Pipeline.Stop) {
    if let crowd = agenda.crowd, crowd.begin <= now, now < crowd.deadline {
      try revert(crowd.identities, notBefore: crowd.deadline, directory)
    }
    let due = agenda.dueReverts(now: now)
    for identities in [due.ready, due.unconfirmed] where !identities.isEmpty {
      try revert(identities, notBefore: now, directory)
    }
    // When an awaited service's time is up, only the follow is left of it.
    let over = agenda.dueFollows(now: now)
    if !over.isEmpty {
      var request = request(.revert, .places(Set(over.map(\.place))), reason: nil, wait: .zero)
      request.onlyExpired = true
      _ = try run(request, directory)
      for service in over { log.info("followed no longer", metadata: Self.metadata(of: service)) }
    }
  }

  /// - Parameter moment: their deadlines are over then, and nothing is sent before.
  private func revert(
    _ identities: Set<ProcessIdentity>, notBefore moment: BootTime, _ directory: StateDirectory
  ) throws(Pipeline.Stop) {
    var request = request(
      .revert, .processes(identities), reason: nil,
      wait: agenda.patience(now: moment, shortest: .milliseconds(60), longest: .milliseconds(500)))
    request.onlyExpired = true
    request.notBefore = moment
    let deadlines = Dictionary(
      agenda.entries.map { ($0.identity, $0.deadline ?? now) }, uniquingKeysWith: { $1 })
    let result = try run(request, directory)
    for outcome in result.outcomes {
      let identity = outcome.target.identity
      if !outcome.isAsAsked { agenda.noteFailure(of: identity, now: now) }
      say(
        outcome.isAsAsked ? "reverted" : "not reverted; it is tried again", outcome,
        [
          "late_ms":
            "\(result.now.age(of: deadlines[identity] ?? result.now.boottime).nanoseconds / 1_000_000)"
        ])
    }
  }

  /// Where debug mode does harm it ends early.
  func lookAtHarm(_ directory: StateDirectory) throws(Pipeline.Stop) {
    guard debugGuard.isDue(now: now, before: agenda.next, count: watches.count) else { return }
    let look = debugGuard.look(at: Array(watches.values), root: pipeline.environment.root, now: now)
    for error in look.unreadable {
      log.debug("the guard cannot read", metadata: ["error": "\(error.sentence)"])
    }
    leave(look.figures, directory)
    for (place, harm) in look.harms {
      let identities = Set(agenda.entries.filter { $0.place == place }.map(\.identity))
      let reason = harm.sentence(debugGuard.limits)
      let wait = agenda.patience(now: now, shortest: .milliseconds(60), longest: .milliseconds(500))
      let result = try run(
        request(.revert, .processes(identities), reason: reason, wait: wait), directory)
      for outcome in result.outcomes {
        say(
          outcome.isAsAsked ? "ended early" : "not ended, though it does harm; it is tried again", outcome,
          ["reason": "\(reason)"], level: .warning)
      }
    }
  }

  private func leave(_ figures: [WriteFigures.Figure], _ directory: StateDirectory) {
    guard let bootID = watches.keys.first?.bootID else { return }
    do {
      try directory.writeFigures(WriteFigures(bootID: bootID, at: now, figures: figures))
    } catch {
      // They are only for display.
      log.debug("figures not written", metadata: ["error": "\(error.sentence)"])
    }
  }

  /// The replacement of a followed process is switched into debug mode.
  func followRestarts(_ directory: StateDirectory) throws(Pipeline.Stop) {
    for service in agenda.dueSearches(now: now) {
      let started = now
      var request = request(
        .on, .places([service.place]), reason: service.reason,
        wait: agenda.patience(now: now, shortest: .milliseconds(20), longest: .milliseconds(40)))
      request.deadline = service.deadline.map { .at($0) } ?? .never
      request.by = service.by
      request.trustsNames = service.trustsName
      let result = try run(request, directory)
      for outcome in result.outcomes where outcome.kind != .unchanged {
        say(
          outcome.isAsAsked ? "brought back into debug mode" : "not yet in debug mode", outcome,
          [:], level: outcome.isAsAsked ? .info : .notice)
      }
      agenda.noteLook(
        for: service.place, inDebugMode: result.outcomes.filter { $0.isAsAsked && $0.after == true }.count,
        isComplete: result.outcomes.allSatisfy(\.isAsAsked) && result.unreadable.isEmpty,
        now: max(now, started))
    }
  }

  private func request(
    _ verb: Request.Verb, _ selection: Selection, reason: String?, wait: Duration
  ) -> Request {
    Request(verb: verb, selection: selection, reason: reason, by: actor, wait: wait)
  }

  // MARK: the log

  /// One line for the result of one process, unless the last line about it said the same.
  private func say(
    _ message: String, _ outcome: Outcome, _ more: Logger.Metadata, level: Logger.Level = .info
  ) {
    var metadata = Self.metadata(of: outcome).merging(more) { $1 }
    if let detail = outcome.message { metadata["detail"] = "\(detail)" }
    let line = "\(message) \(outcome.kind.rawValue) \(metadata["detail"].map { "\($0)" } ?? "")"
    guard outcome.isAsAsked || said[outcome.target.identity] != line else { return }
    said[outcome.target.identity] = line
    log.log(level: outcome.isAsAsked ? level : max(level, .warning), "\(message)", metadata: metadata)
  }

  static func metadata(of outcome: Outcome) -> Logger.Metadata {
    let target = outcome.target
    var metadata = metadata(target.service, target.container)
    metadata["pid"] = "\(target.identity.pid)"
    metadata["outcome"] = "\(outcome.kind.rawValue)"
    metadata["evidence"] = "\(outcome.evidence.rawValue)"
    return metadata
  }

  static func metadata(of entry: LedgerEntry) -> Logger.Metadata {
    metadata(entry.service, entry.container).merging(["pid": "\(entry.identity.pid)"]) { $1 }
  }

  static func metadata(of service: FollowedService) -> Logger.Metadata {
    metadata(service.service, service.container)
  }

  private static func metadata(_ service: String, _ container: Container?) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["service": "\(service)"]
    if let container { metadata["container"] = "\(container.pod?.name ?? container.name ?? container.id)" }
    return metadata
  }
}
