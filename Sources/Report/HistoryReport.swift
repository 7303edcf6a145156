import Ledger
import Switching

/// The output of `history`: oldest first.
public struct HistoryReport {
  private let loss: History.Loss
  private let isSelected: Bool

  /// - Parameters:
  ///   - loss: what could not be read of it.
  ///   - isSelected: whether selectors were given.
  public init(_ loss: History.Loss, isSelected: Bool) {
    self.loss = loss
    self.isSelected = isSelected
  }

  /// - Parameter count: how many entries were shown.
  public func exitStatus(count: Int) -> ExitStatus {
    if !loss.unreadable.isEmpty { return .notAsAsked }
    return count == 0 && isSelected ? .nothingMatched : .done
  }

  // MARK: one JSON document, in pieces: a history may be larger than memory

  public static let jsonStart = "{\n  \"entries\" : ["

  public static func json(_ entry: HistoryEntry, isFirst: Bool) -> String {
    let lines = Document.text(entry).dropLast().split(separator: "\n").map { "    " + $0 }
    return (isFirst ? "\n" : ",\n") + lines.joined(separator: "\n")
  }

  public func jsonEnd(_ origin: Origin, count: Int) -> String {
    let rest = Document.text(
      HistoryDocument(damagedLines: loss.damagedLines), origin, exitStatus(count: count), problems: remarks)
    return (count == 0 ? "" : "\n  ") + "],\n" + rest.dropFirst(2)
  }

  // MARK: for people

  public func text(_ entries: [HistoryEntry], _ style: Style) -> String {
    guard !entries.isEmpty else {
      return isSelected ? "No matching switch has been recorded.\n" : "No switch has been recorded.\n"
    }
    var table = Table(["TIME", "COMMAND", "SERVICE", "CONTAINER", "PID", "DEBUG"], last: "OUTCOME, WHO, WHY")
    for entry in entries {
      let who = entry.keeper ?? entry.by.sudoUser ?? entry.by.user
      let why = entry.reason.map { ": \($0)" } ?? ""
      let outcome = entry.signal == nil ? entry.change : entry.outcome
      table.add(
        [
          // To the second: the JSON has the rest.
          Table.Cell(entry.time.description.prefix(19) + "Z"), Table.Cell(entry.command),
          Table.Cell(entry.service), Table.Cell(entry.pod?.name ?? entry.container?.name ?? "-"),
          Table.Cell("\(entry.pid)"), Table.Cell(entry.debug ? "on" : "off"),
        ], last: "\(outcome) (\(entry.evidence)) by \(who)\(why)")
    }
    return table.rendered(style)
  }

  public var remarks: [String] {
    var remarks = loss.unreadable.map(\.sentence)
    if loss.damagedLines > 0 {
      remarks.append("\(loss.damagedLines) damaged lines of the history were left out")
    }
    return remarks
  }

  /// Says that there is more than was shown.
  ///
  /// - Parameter limit: how many entries are shown at most.
  public func cut(limit: Int) -> String? {
    loss.isCut
      ? "older entries were left out: these are the newest \(limit); -n N shows more, --json all" : nil
  }
}
