import ArgumentParser
import Switching

struct OnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "on", abstract: "Switch into debug mode; what is there already gets no signal.",
    discussion: """
      Example: sudo placeos-loglevel on api/rest-api driver/place_meet --for 2h
      """
  )
  .ofSubcommand()

  @OptionGroup var targets: TargetOptions
  @OptionGroup var deadline: DeadlineOptions
  @OptionGroup var sending: SendingOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let settings = try Settings.toSwitchOn(common)
    let request = Request(
      verb: .on, selection: try targets.selection(settings),
      deadline: try deadline.deadline(settings.configuration), reason: sending.reason,
      by: Invocation.actor, waitNs: sending.wait.ns, isStrict: targets.strict,
      trustsNames: targets.trustName, isDryRun: sending.dryRun,
      followsRestarts: deadline.followRestarts)
    try Runner.run(request, common, settings, quiet: sending.quiet)
  }
}
