import Configuration
import Containers
import Ledger
import PlaceOS
import Processes
import Switching
import Text

/// The output of `status`.
public struct StatusReport {
  private let result: StatusResult
  private let host: String
  private let configurationProblem: ConfigurationError?
  /// What is the same for several rows.
  private let repeated: RepeatedProblems

  /// - Parameters:
  ///   - host: the name of this machine.
  ///   - configurationProblem: why the configuration was ignored, if it was.
  public init(
    _ result: StatusResult, host: String, configurationProblem: ConfigurationError? = nil
  ) {
    self.result = result
    self.host = host
    self.configurationProblem = configurationProblem
    repeated = RepeatedProblems(result.instances.flatMap(\.problems))
  }

  /// One JSON document.
  public var json: String {
    Document.text(
      StatusDocument(result), Origin(host: host, time: result.now.wall), result.exitStatus,
      problems: result.unreadable.map(\.sentence)
        + [result.stateProblem?.sentence, configurationProblem?.sentence].compactMap { $0 })
  }

  /// A table.
  public func text(_ style: Style) -> String {
    guard !result.instances.isEmpty || !result.idle.isEmpty else { return "" }
    var table = Table(
      ["SERVICE", "CONTAINER", "PID", "LEVEL", "KNOWN BY", "REVERTS"], last: "NOTE")
    for instance in result.instances {
      table.add(
        [
          Table.Cell(instance.shownService), Table.Cell(instance.container?.shownName ?? "-"),
          Table.Cell("\(instance.identity.pid)"),
          Table.Cell(
            instance.logLevel?.rawValue ?? "?", instance.level.debug == true ? .yellow : nil),
          Table.Cell(instance.handling.dialect == .none ? "-" : instance.level.evidence.rawValue),
          Table.Cell(reverts(instance)),
        ], last: note(instance))
    }
    for idle in result.idle {
      table.add(
        [
          Table.Cell(idle.service.name), Table.Cell(idle.container.shownName), Table.Cell("-"),
          Table.Cell("-", .red), Table.Cell("-"), Table.Cell(""),
        ], last: idle.sentence(now: result.now.wall))
    }
    let hasDeadline = result.instances.contains { $0.isOurs && $0.entry?.deadline != nil }
    guard hasDeadline, let keeper = result.keeper else { return table.rendered(style) }
    return table.rendered(style) + "\n\(result.keepers.promise(of: keeper))\n"
  }

  /// How to follow the logs of everything in debug mode: the last line.
  public var following: String {
    let targets = result.instances.filter { $0.level.debug == true }.map(Outcome.Target.init)
    return FollowLine(for: targets)?.text ?? ""
  }

  /// The output to standard error: what a person has to know besides the table.
  ///
  /// - Parameter advice: the advice for this place.
  public func remarks(_ advice: Advice) -> [String] {
    var remarks = result.unmatched.map(\.sentence)
    if result.instances.isEmpty, result.idle.isEmpty, result.unmatched.isEmpty {
      remarks.append(advice.nothingHere)
    }
    remarks += repeated.sentences
    remarks += result.restarted.map(\.restartedSentence)
    remarks += result.awaited.map(\.awaitedSentence)
    remarks += result.unreadable.sentences
    if let problem = result.stateProblem { remarks.append(problem.sentence + StatusResult.withoutState) }
    let hasDeadline = result.instances.contains { $0.isOurs && $0.entry?.deadline != nil }
    if hasDeadline {
      remarks += RevertArming.warnings(
        result.keepers, result.keeper, bootID: result.bootID, arming: advice.arming())
    }
    remarks += advice.remedies(for: result.unreadable + result.instances.flatMap(\.problems))
    return remarks
  }

  private func reverts(_ instance: Instance) -> String {
    guard instance.isOurs, let entry = instance.entry else { return "" }
    guard let deadline = entry.deadline else { return "never" }
    let left = deadline - result.now.boottime
    return left <= .zero ? "overdue" : "in \(DurationText(left))"
  }

  private func note(_ instance: Instance) -> String {
    var notes: [String] = []
    if let obstacle = instance.obstacle() { notes.append(obstacle.sentence) }
    if instance.isStopped { notes.append("stopped") }
    if instance.isSignalPending { notes.append("a signal is pending") }
    if instance.level.debug == true {
      if instance.isOurs, let entry = instance.entry {
        let age = DurationText(result.now.age(of: entry.since))
        let who = entry.by.sudoUser ?? entry.by.user
        notes.append("on for \(age), by \(who)" + (entry.reason.map { ": \($0)" } ?? ""))
        if result.followed(instance) != nil { notes.append("follows restarts") }
        if let figure = result.figure(instance) { notes.append(figure.sentence) }
      } else {
        notes.append("switched on outside this tool")
      }
      if let level = instance.levelLostByReturning {
        notes.append("started at \(level.rawValue), comes back to info")
      }
    }
    if instance.level.debug == false, instance.wasSwitched, let level = instance.levelLostByReturning {
      notes.append("started at \(level.rawValue)")
    }
    notes += instance.problems.filter { !repeated.contains($0) }.map(\.sentence)
    return notes.joined(separator: "; ")
  }
}

extension Instance {
  /// Drivers are told apart by their executable.
  fileprivate var shownService: String {
    service.kind == .driver
      ? "driver/" + SelectionSubject.driverName(ofExecutable: executable.path) : service.name
  }
}

extension Instance {
  /// What could not be read of it.
  fileprivate var problems: [HostError] { [level.refusal, container?.unreadable].compactMap { $0 } }
}

extension Container {
  fileprivate var shownName: String {
    if let pod = pod?.name { return pod + (name.map { "/\($0)" } ?? "") }
    return name ?? String(id.prefix(12))
  }
}

extension LedgerEntry {
  /// What became of an entry whose process has ended.
  var restartedSentence: String {
    ("\(service) pid \(identity.pid)\(container?.name.map { " (\($0))" } ?? ""), switched on by "
      + "\(by.sudoUser ?? by.user), has ended: its replacement is at its own level").printable
  }
}

extension StatusResult {
  /// How the level of a process is known if the record cannot be read.
  static let withoutState = ". What this tool has switched is not known; the rest is what the processes show"
}
