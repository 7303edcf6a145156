import ArgumentParser
import Diagnosis
import Processes
import Report
import Switching
import Text

struct DiagnoseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose", abstract: "Show which backing store fails, and what says so.",
    discussion: """
      Looks at the sockets and logs of PlaceOS's services, and at the stores themselves where they are on \
      this host. Nothing is sent to a service or a store.

      Example: sudo placeos-loglevel diagnose --json

      Exit status: 0 nothing fails; 4 something does; 1 no PlaceOS here; 3 could not look.
      """
  )
  .ofSubcommand()

  @Argument(
    help:
      "Whose stores: api, api/NAME, driver, driver/GLOB, backend:NAME, pid:N. None: those of all services.",
    completion: .selector)
  var selector: [String] = []

  @Option(help: ArgumentHelp("How long to look. (default: 1s)", valueName: "duration"))
  var over: DurationText?

  @Option(help: ArgumentHelp("How far back logs are read. (default: 5m)", valueName: "duration"))
  var since: DurationText?

  @Flag(help: "Show it live, in place; q or Ctrl-C ends.")
  var watch = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if watch, common.json { throw ValidationError("--watch is for a terminal, and --json for programs.") }
    if let over, over.ns > 60_000_000_000 { throw ValidationError("--over takes a minute at most.") }
    if let since, since.ns > 86_400_000_000_000 { throw ValidationError("--since takes 24h at most.") }
  }

  func run() throws {
    let settings = Settings.inAnyCase(common)
    let selection = Selection.these(try settings.selectors(selector))
    try Invocation.requireRoot()
    let pipeline = Pipeline(machine: common.machine, catalogue: settings.catalogue)
    if watch { return try show(pipeline, selection, settings) }
    let report = try Runner.stopping { () throws(Pipeline.Stop) in try look(pipeline, selection) }
    Console.write(
      common.json ? report.json(Invocation.origin) : report.text(Console.Stream.output.style), to: .output)
    if let remark = settings.remark { Console.remark(remark) }
    for remark in report.remarks { Console.remark(remark) }
    if report.exitStatus != .done { throw ExitCode(report.exitStatus) }
  }

  private func look(_ pipeline: Pipeline, _ selection: Selection) throws(Pipeline.Stop) -> DiagnosisReport {
    let found = try pipeline.recognised(selection)
    let machine = pipeline.machine
    let diagnoser = Diagnoser(
      found.processes.map {
        DiagnosedProcess(identity: $0.identity, service: $0.service.name, container: $0.container)
      },
      proc: machine.table.proc, root: machine.root, over: .nanoseconds(over?.ns ?? 1_000_000_000),
      since: .nanoseconds(since?.ns ?? 300_000_000_000), clock: machine.clock)
    return DiagnosisReport(diagnoser.diagnose(), of: found)
  }

  /// Shows it again and again until it is asked to end.
  private func show(_ pipeline: Pipeline, _ selection: Selection, _ settings: Settings) throws {
    guard let screen = LiveScreen() else { throw ValidationError("--watch needs a terminal.") }
    let signal = Interruption.note { () -> Int32? in
      repeat {
        screen.show(page(pipeline, selection, settings))
        if let signal = Interruption.signal() { return signal }
      } while !screen.waitsForEnd(ms: 500)
      return Interruption.signal()
    }
    if let signal { throw ExitCode(ExitStatus.signal(signal)) }
  }

  /// What there is to see now; what cannot be seen is said below it.
  private func page(_ pipeline: Pipeline, _ selection: Selection, _ settings: Settings) -> String {
    var remarks = [settings.remark].compactMap { $0 }
    var table = ""
    do {
      let report = try look(pipeline, selection)
      table = report.text(Console.Stream.output.style)
      remarks += report.remarks
    } catch {
      remarks.append(error.sentence)
    }
    let rest = remarks.map { Console.escaped($0) + "\n" }.joined()
    return "\(Invocation.hostName), live; q ends\n\n" + table + (rest.isEmpty ? "" : "\n" + rest)
  }
}
