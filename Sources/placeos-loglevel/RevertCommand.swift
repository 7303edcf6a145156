import ArgumentParser
import Configuration
import Switching
import Text

struct RevertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revert", abstract: "Take back what this tool switched on, and nothing else.",
    discussion: """
      Example: sudo placeos-loglevel revert
      For cron: placeos-loglevel revert --expired --quiet
      """
  )
  .ofSubcommand()

  @Argument(
    help: "What to take back: api, api/NAME, CONTAINER, driver, driver/GLOB, pid:N. None: everything.",
    completion: .selector)
  var selector: [String] = []

  @Flag(help: "Only what is past its deadline.")
  var expired = false

  @Option(
    help: ArgumentHelp("Only what has been on for longer than this.", valueName: "duration"),
    transform: Duration.option)
  var olderThan: Duration?

  @OptionGroup var sending: SendingOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let settings = Settings.inAnyCase(common.places)
    var request = Request(
      verb: .revert, selection: .these(try settings.selectors(selector)), onlyExpired: expired,
      olderThan: olderThan, reason: sending.reason, by: Invocation.actor,
      wait: sending.patience, isDryRun: sending.dryRun)
    request.isOnlyIfPresent = sending.ifPresent
    try Runner.run(request, common, settings, quiet: sending.quiet)
  }
}
