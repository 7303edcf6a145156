import Configuration
import Ledger
import PlaceOS
import Processes
import Switching
import Text

/// The output of `toggle`, `on`, `off` and `revert`.
public struct RunReport {
  private let result: RunResult

  public init(_ result: RunResult) { self.result = result }

  /// One JSON document.
  public func json(_ origin: Origin) -> String {
    Document.text(
      RunDocument(result), origin, result.exitStatus,
      problems: result.unreadable.map(\.sentence) + result.unrecorded.map(\.sentence))
  }

  /// A table of what was done, a summary, and how to follow the logs that were turned on.
  public func text(_ style: Style) -> String {
    guard !result.outcomes.isEmpty else {
      return result.request.verb == .revert && result.unmatched.isEmpty
        ? "Nothing to take back.\n" : ""
    }
    var text = table(result.outcomes, style) + summary + "\n"
    if hasNewDeadline, let keeper = result.keeper { text += result.keepers.promise(of: keeper) + "\n" }
    let following = result.request.isDryRun ? nil : FollowLine(for: turnedOn.map(\.target))
    return text + (following?.text ?? "")
  }

  /// With `--quiet`: only targets that are not as asked.
  public func complaints(_ style: Style) -> String {
    let left = result.outcomes.filter { !$0.isAsAsked }
    return left.isEmpty ? "" : table(left, style)
  }

  /// The further output to standard error.
  ///
  /// - Parameters:
  ///   - advice: the advice for this place.
  ///   - isHeld: whether this program keeps running, and at its own end takes back what it has done.
  public func remarks(_ advice: Advice, isHeld: Bool = false) -> [String] {
    var remarks = result.unmatched.map {
      result.request.verb == .revert ? $0.sentenceForRevert : $0.sentence
    }
    if result.outcomes.isEmpty, result.unmatched.isEmpty, result.request.verb != .revert {
      remarks.append(advice.nothingHere)
    }
    remarks += result.restarted.map(\.restartedSentence)
    remarks += result.unreadable.sentences
    remarks += result.unrecorded.map(sentence)
    if result.unlogged > 0 {
      remarks.append(
        "\(result.unlogged) lines did not reach the system log; the history has them")
    }
    if let signal = result.interruptedBy { remarks.append(interruptedSentence(signal)) }
    remarks += result.released.map(\.releasedSentence)
    remarks += unkeptDeadline(advice, isHeld: isHeld)
    return remarks + advice.remedies(for: result.unreadable + result.outcomes.flatMap(\.problems))
  }

  /// Says that a deadline just given will not be kept, or not by the running agent; nothing if it will.
  public func unkeptDeadline(_ advice: Advice, isHeld: Bool = false) -> [String] {
    guard hasNewDeadline else { return [] }
    return RevertArming.warnings(
      result.keepers, result.keeper, bootID: result.bootID, isHeld: isHeld, arming: advice.arming())
  }

  /// If the state file cannot be read, `off` goes by what the processes show, and says so.
  private func sentence(_ error: LedgerError) -> String {
    guard result.request.verb == .off, error.isOfContent else { return error.sentence }
    return error.cause + ". It was left untouched; processes were switched by what they themselves show"
  }

  private func interruptedSentence(_ signal: Int32) -> String {
    let sent = result.outcomes.filter { [.switched, .unconfirmed].contains($0.kind) }.count
    let left = result.outcomes.filter { $0.notes.contains(.interrupted) }.count
    return "ended by \(signal.signalName): \(sent) got a signal, which is recorded; \(left) did not"
  }

  private var hasNewDeadline: Bool {
    !result.request.isDryRun
      && (turnedOn + result.outcomes.filter { $0.notes.contains(.deadlineMoved) })
        .contains { $0.deadline != nil }
  }

  private var turnedOn: [Outcome] {
    result.outcomes.filter {
      $0.before != true && $0.after == true && ($0.kind == .switched || $0.kind == .unconfirmed)
    }
  }

  private func table(_ outcomes: [Outcome], _ style: Style) -> String {
    var table = Table(
      ["SERVICE", "CONTAINER", "PID", "DEBUG", "OUTCOME", "REVERTS"], last: "NOTE")
    for outcome in outcomes {
      table.add(
        [
          Table.Cell(outcome.target.shownService), Table.Cell(outcome.target.shownContainer),
          Table.Cell("\(outcome.target.identity.pid)"), Table.Cell(change(outcome)),
          Table.Cell(word(outcome), outcome.isAsAsked ? nil : .red), Table.Cell(reverts(outcome)),
        ], last: note(outcome))
    }
    return table.rendered(style)
  }

  private func word(_ outcome: Outcome) -> String {
    outcome.kind == .wouldSwitch ? "would switch" : outcome.kind.rawValue
  }

  private func change(_ outcome: Outcome) -> String {
    func word(_ debug: Bool?) -> String { debug.map { $0 ? "on" : "off" } ?? "?" }
    return outcome.before == outcome.after
      ? word(outcome.before) : "\(word(outcome.before)) -> \(word(outcome.after))"
  }

  private func reverts(_ outcome: Outcome) -> String {
    guard outcome.after == true, outcome.kind != .refused, outcome.kind != .failed else { return "" }
    if outcome.notes.contains(.switchedOutside) { return "" }
    guard let deadline = outcome.deadline else { return "never" }
    return "in " + DurationText(deadline - result.now.boottime + .nanoseconds(999_999_999)).description
  }

  private func note(_ outcome: Outcome) -> String {
    let known =
      outcome.kind == .switched
      ? "confirmed by \(outcome.evidence.rawValue)" : nil
    return [known, outcome.message].compactMap { $0 }.joined(separator: "; ")
  }

  private var summary: String {
    var counts: [(String, Int)] = []
    for outcome in result.outcomes {
      let word = word(outcome)
      if let index = counts.firstIndex(where: { $0.0 == word }) {
        counts[index].1 += 1
      } else {
        counts.append((word, 1))
      }
    }
    return counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
  }
}

extension Outcome {
  /// What the kernel refused.
  fileprivate var problems: [HostError] {
    notes.compactMap { if case .host(let error) = $0 { error } else { nil } } + [refusal].compactMap { $0 }
  }
}

extension Outcome.Target {
  fileprivate var shownService: String {
    service == "driver"
      ? "driver/" + SelectionSubject.driverName(ofExecutable: executable) : service
  }

  fileprivate var shownContainer: String {
    guard let container else { return "-" }
    if let pod = container.pod?.name { return pod + (container.name.map { "/\($0)" } ?? "") }
    return container.name ?? String(container.id.prefix(12))
  }
}
