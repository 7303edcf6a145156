import ArgumentParser
import Ledger
import Processes
import Report
import Switching
import Text

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show who switched what, when, why, and what came of it.",
    discussion: """
      Reads all that logrotate has kept, compressed files too.

      Example: sudo placeos-loglevel history api --since 7d
      """
  )
  .ofSubcommand()

  @Argument(
    help: "Of what: api, api/NAME, CONTAINER, driver, driver/GLOB, backend:NAME, pid:N. None: everything.",
    completion: .selector)
  var selector: [String] = []

  @Option(
    help: ArgumentHelp("Only what happened in this time before.", valueName: "duration"),
    transform: Duration.option)
  var since: Duration?

  @Option(
    name: .customShort("n"),
    help: ArgumentHelp(
      "Only the newest N entries. (default: \(Self.usualLimit), with --json all)", valueName: "n"))
  var limit: Int?

  @OptionGroup var common: CommonOptions

  /// A table needs all its rows in memory.
  private static let usualLimit = 10_000

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("-n takes a number above 0.") }
  }

  func run() throws {
    let selectors = try Settings.inAnyCase(common.places).selectors(selector)
    let environment = common.environment
    let history = History(path: environment.history, ownerID: environment.ownerID)
    let query = History.Query(
      since: since.map { environment.clock().wall - $0 },
      limit: limit ?? (common.json ? nil : Self.usualLimit)
    ) { entry in
      guard !selectors.isEmpty else { return true }
      let subject = SelectionSubject(entry)
      return selectors.contains { $0.includes(subject) }
    }
    let status = try common.json ? printDocument(history, query) : printTable(history, query)
    if status != .done { throw ExitCode(status) }
  }

  private func read(
    _ history: History, _ query: History.Query, _ body: (HistoryEntry) -> Bool
  ) throws -> HistoryReport {
    let loss = try Runner.stopping { () throws(Pipeline.Stop) in
      do throws(LedgerError) { return try history.read(query, body) } catch { throw .ledger(error) }
    }
    let report = HistoryReport(loss, isSelected: !selector.isEmpty)
    for remark in report.remarks { Console.remark(remark) }
    if limit == nil, let remark = report.cut(limit: query.limit ?? 0) { Console.remark(remark) }
    return report
  }

  private func printTable(_ history: History, _ query: History.Query) throws -> ExitStatus {
    var entries: [HistoryEntry] = []
    let report = try read(history, query) { entry in
      entries.append(entry)
      return true
    }
    Console.write(report.text(entries, Console.Stream.output.style), to: .output)
    return report.exitStatus(count: entries.count)
  }

  /// Written as it is read. Nothing is written until the first file has been opened: if that fails there is a
  /// document about it.
  private func printDocument(_ history: History, _ query: History.Query) throws -> ExitStatus {
    var count = 0
    var text = HistoryReport.jsonStart
    let report = try read(history, query) { entry in
      text += HistoryReport.json(entry, isFirst: count == 0)
      count += 1
      if text.utf8.count > 64 << 10 {
        Console.write(text, to: .output)
        text = ""
      }
      return !Console.isOutputGone
    }
    Console.write(text + report.jsonEnd(Invocation.origin, count: count), to: .output)
    return report.exitStatus(count: count)
  }
}
