import Ledger
import Processes
import Text

extension HistoryEntry {
  /// The line of history for one signal.
  init(_ sent: SentSwitch, request: Request, now: HostClock) {
    self.init(
      of: sent.intent, time: Timestamp(wallNs: now.wallNs(atBoottimeNs: sent.atBoottimeNs)),
      signal: sent.signal.rawValue, debug: sent.wanted, outcome: sent.outcome.kind.rawValue,
      evidence: sent.outcome.evidence.rawValue, by: request.by, reason: request.reason,
      command: request.verb.rawValue,
      expiresAt: sent.outcome.deadlineBoottimeNs.map {
        Timestamp(wallNs: now.wallNs(atBoottimeNs: $0))
      })
  }

  /// The same as one line for the system log. Names come from containers, so control characters are escaped.
  var systemLogLine: String {
    let whom = by.sudoUser.map { "\(by.user) for \($0)" } ?? by.user
    let place = container.map { " in \($0.runtime) \($0.name ?? $0.id)" } ?? ""
    let why = reason.map { ": \($0)" } ?? ""
    return
      ("SIG\(signal) to \(service) pid \(pid)\(place): debug mode \(debug ? "on" : "off") "
      + "\(outcome) (\(evidence)), \(command) by \(whom)\(why)").printable
  }
}
