import Ledger

/// What `history` shows: oldest first.
public struct HistoryReport {
  private let entries: [HistoryEntry]
  private let damagedLines: Int

  public init(entries: [HistoryEntry], damagedLines: Int) {
    self.entries = entries
    self.damagedLines = damagedLines
  }

  /// One JSON document.
  public func json(_ origin: Origin) -> String {
    Document.text(
      HistoryDocument(entries: entries, damagedLines: damagedLines), origin, .done, problems: remarks)
  }

  public func text(_ style: Style) -> String {
    guard !entries.isEmpty else { return "No switch has been recorded.\n" }
    var table = Table(
      [("TIME", 20), ("COMMAND", 7), ("SERVICE", 16), ("CONTAINER", 16), ("PID", 7), ("DEBUG", 5)],
      last: "OUTCOME, WHO, WHY")
    for entry in entries {
      let who = [entry.by.sudoUser, entry.by.user].compactMap { $0 }.first ?? ""
      let why = entry.reason.map { ": \($0)" } ?? ""
      table.add(
        [
          // To the second: the JSON has the rest.
          Table.Cell(entry.time.description.prefix(19) + "Z"), Table.Cell(entry.command),
          Table.Cell(entry.service), Table.Cell(entry.pod?.name ?? entry.container?.name ?? "-"),
          Table.Cell("\(entry.pid)"), Table.Cell(entry.debug ? "on" : "off"),
        ], last: "\(entry.outcome) (\(entry.evidence)) by \(who)\(why)")
    }
    return table.rendered(style)
  }

  public var remarks: [String] {
    damagedLines == 0 ? [] : ["\(damagedLines) damaged lines of the history were left out"]
  }
}
