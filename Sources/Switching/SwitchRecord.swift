import Ledger
import Processes
import Text

extension HistoryEntry {
  /// The line of history for one signal.
  init(_ sent: SentSwitch, request: Request, keeper: RevertKeeper, now: HostClock) {
    self.init(
      of: sent.intent, time: Timestamp(now.wall(at: sent.at)),
      signal: sent.signal.rawValue, debug: sent.wanted, outcome: sent.outcome.kind.rawValue,
      evidence: sent.outcome.evidence.rawValue, by: request.by, reason: request.reason,
      command: request.verb.rawValue,
      expiresAt: sent.outcome.deadline.map { Timestamp(now.wall(at: $0)) },
      keeper: request.verb == .revert && keeper != .person ? keeper.rawValue : nil)
  }

  /// The line of history for a deadline that was moved; `nil` if the step moves none.
  init?(_ step: Plan.Step, request: Request, now: HostClock) {
    guard let entry = step.instance?.entry, case .leave = step.action,
      let change = [Outcome.Note.deadlineMoved, .deadlineRemoved].first(where: step.notes.contains)
    else { return nil }
    self.init(
      of: entry, time: Timestamp(now.wall), signal: nil, debug: true,
      outcome: change == .deadlineMoved ? "deadline_moved" : "deadline_removed",
      evidence: step.evidence.rawValue, by: request.by, reason: request.reason,
      command: request.verb.rawValue,
      expiresAt: step.deadline.map { Timestamp(now.wall(at: $0)) })
  }

  /// The same as one line for the system log. Names come from containers, so control characters are escaped.
  var systemLogLine: String {
    let whom = by.sudoUser.map { "\(by.user) for \($0)" } ?? by.user
    let place = container.map { " in \($0.runtime) \($0.name ?? $0.id)" } ?? ""
    let why = reason.map { ": \($0)" } ?? ""
    return
      ("SIG\(signal ?? "?") to \(service) pid \(pid)\(place): debug mode \(debug ? "on" : "off") "
      + "\(outcome) (\(evidence)), \(command) by \(whom)\(why)").printable
  }
}

extension HistoryEntry {
  /// What became of the deadline, in words.
  public var change: String {
    expiresAt.map { "deadline moved to \($0.description.prefix(19))Z" } ?? "deadline removed"
  }
}
