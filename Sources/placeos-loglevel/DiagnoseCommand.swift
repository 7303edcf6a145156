import ArgumentParser
import Diagnosis
import Processes
import Report
import Switching
import Text

struct DiagnoseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose", abstract: "Show which backing store fails, and what shows it.",
    discussion: """
      Looks at the sockets and logs of PlaceOS services, and at the stores themselves if they are on this host. \
      Nothing is sent to a service or a store, except with --probe.

      A state with a question mark is likely: only a log says so, or something is missing. Others are shown \
      by a process, or by the store itself.

      Example: sudo placeos-loglevel diagnose --json

      Exit status: 0 nothing fails; 4 something does; 1 no PlaceOS here; 3 could not look.
      """
  )
  .ofSubcommand()

  @Argument(
    help:
      "Whose stores: api, api/NAME, CONTAINER, driver, driver/GLOB, backend:NAME, pid:N. None: those of all services.",
    completion: .selector)
  var selector: [String] = []

  @Option(
    help: ArgumentHelp("How long to look. (default: 1s)", valueName: "duration"),
    transform: Duration.option)
  var over: Duration?

  @Option(
    help: ArgumentHelp("How far back logs are read. (default: 5m)", valueName: "duration"),
    transform: Duration.option)
  var since: Duration?

  @Flag(
    help: ArgumentHelp(
      "Ask the stores themselves as well.",
      discussion: """
        From the network of each service: Redis PING, PostgreSQL SSLRequest, RethinkDB handshake, /health of etcd \
        and InfluxDB, /_cluster/health of Elasticsearch, and the services' own health checks. It changes nothing, \
        sends no password and takes a second at most. Needs CAP_SYS_ADMIN.
        """))
  var probe = false

  @Flag(help: "Show it live, in place; q or Ctrl-C ends.")
  var watch = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if watch, common.json { throw ValidationError("--watch is for a terminal, and --json for programs.") }
    if let over, over > .seconds(60) { throw ValidationError("--over takes a minute at most.") }
    if let since, since > .seconds(86_400) { throw ValidationError("--since takes 24h at most.") }
  }

  func run() throws {
    let settings = Settings.inAnyCase(common.places)
    let selection = Selection.these(try settings.selectors(selector))
    if probe, !Capability.systemAdministration.isHeld {
      throw Ending(
        .nothingDone,
        "--probe needs CAP_SYS_ADMIN, to ask from the network of a service; nothing was asked. Leave it out, or:\n  "
          + common.advice.networkRemedy)
    }
    let pipeline = common.places.pipeline(settings)
    if watch { return try show(pipeline, selection, settings) }
    let report = try Runner.stopping(remark: settings.remark) { () throws(Pipeline.Stop) in
      try look(pipeline, selection)
    }
    Console.write(
      common.json ? report.json(Invocation.origin) : report.text(Console.Stream.output.style), to: .output)
    if let remark = settings.remark { Console.remark(remark) }
    for remark in report.remarks { Console.remark(remark) }
    if report.exitStatus != .done { throw ExitCode(report.exitStatus) }
  }

  private func look(_ pipeline: Pipeline, _ selection: Selection) throws(Pipeline.Stop) -> DiagnosisReport {
    let found = try pipeline.recognised(selection)
    let environment = pipeline.environment
    var question = Diagnoser.Question()
    if let over { question.over = over }
    if let since { question.since = since }
    question.probes = probe
    question.isWhole = selector.isEmpty
    question.isHostInSight = common.advice.surroundings.seesHost
    let diagnoser = Diagnoser(
      found.processes.map {
        DiagnosedProcess(
          identity: $0.identity, service: $0.service.name, container: $0.container, executable: $0.executable)
      }, question, catalogue: pipeline.catalogue, proc: environment.table.proc, root: environment.root,
      clock: environment.clock)
    return DiagnosisReport(diagnoser.diagnose(), of: found, advice: common.advice)
  }

  /// Shows it again and again until asked to end.
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

  /// What there is to see now; anything that cannot be seen is reported below it.
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
    let rest = remarks.flatMap { Console.Stream.output.lines(Console.escaped($0)) }.map { $0 + "\n" }.joined()
    return "\(Invocation.hostName), live; q ends\n\n" + table + (rest.isEmpty ? "" : "\n" + rest)
  }
}
