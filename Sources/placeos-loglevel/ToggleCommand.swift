import ArgumentParser
import Switching

struct ToggleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toggle", abstract: "Flip debug mode.",
    discussion: """
      If every selected process is in debug mode, all leave it; otherwise those that are not, enter it.

      Example: sudo placeos-loglevel toggle api --for 30m --reason 'INC-42'
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
      verb: .toggle, selection: try targets.selection(settings),
      deadline: try deadline.deadline(settings.configuration), reason: sending.reason,
      by: Invocation.actor, waitNs: sending.wait.ns, isStrict: targets.strict,
      trustsNames: targets.trustName, isDryRun: sending.dryRun,
      followsRestarts: deadline.followRestarts)
    try Runner.run(request, common, settings, quiet: sending.quiet)
  }
}
