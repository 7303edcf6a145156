import ArgumentParser
import Ledger
import Report
import Switching

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show who switched what, when, why, and what came of it.",
    discussion: "Example: sudo placeos-loglevel history --json"
  )
  .ofSubcommand()

  @OptionGroup var common: CommonOptions

  func run() throws {
    try Invocation.requireRoot()
    let machine = common.machine
    let (entries, damagedLines) = try Runner.stopping { () throws(Pipeline.Stop) in
      do throws(LedgerError) {
        return try History(path: machine.history, ownerID: machine.ownerID).read()
      } catch {
        throw .ledger(error)
      }
    }
    let report = HistoryReport(entries: entries, damagedLines: damagedLines)
    let text = common.json ? report.json(Invocation.origin) : report.text(Console.Stream.output.style)
    Console.write(text, to: .output)
    for remark in report.remarks { Console.remark(remark) }
  }
}
