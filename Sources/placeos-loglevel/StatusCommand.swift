import ArgumentParser
import PlaceOS
import Report
import Switching

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show every PlaceOS process on this host and its level.",
    discussion: "Example: sudo placeos-loglevel status api core --json"
  )
  .ofSubcommand()

  @Argument(
    help: "What to show: api, api/NAME, driver, driver/GLOB, pid:N. None: everything.",
    completion: .selector)
  var selector: [String] = []

  @OptionGroup var common: CommonOptions

  func run() throws {
    let settings = Settings.inAnyCase(common)
    // As the default subcommand it gets what was meant to be another's name.
    if let word = selector.first, settings.catalogue.service(named: word) == nil,
      let command = Spelling.nearest(to: word, among: PlaceOSLogLevel.commandNames)
    {
      throw ValidationError("unknown command '\(word)'; did you mean \(command)?")
    }
    let selection = Selection.these(try settings.selectors(selector))
    try Invocation.requireRoot()
    let pipeline = Pipeline(machine: common.machine, catalogue: settings.catalogue)
    let result = try Runner.stopping { () throws(Pipeline.Stop) in try pipeline.status(selection) }
    let report = StatusReport(
      result, host: Invocation.hostName, configurationProblem: settings.problem)
    Console.write(common.json ? report.json : report.text(Console.Stream.output.style), to: .output)
    if let remark = settings.remark { Console.remark(remark) }
    for remark in report.remarks(armingCommand: common.armingCommand) { Console.remark(remark) }
    if result.exitStatus != 0 { throw ExitCode(result.exitStatus) }
  }
}
