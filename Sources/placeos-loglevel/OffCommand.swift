import ArgumentParser
import Switching

struct OffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "off",
    abstract: "Switch out of debug mode, whoever switched it on; processes already off are not signalled.",
    discussion: """
      Example: sudo placeos-loglevel off --all
      """
  )
  .ofSubcommand()

  @OptionGroup var targets: TargetOptions
  @OptionGroup var sending: SendingOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let settings = Settings.inAnyCase(common.places)
    var request = Request(
      verb: .off, selection: try targets.selection(settings), reason: sending.reason,
      by: Invocation.actor, wait: sending.patience, isStrict: targets.strict,
      trustsNames: targets.trustName, isDryRun: sending.dryRun)
    request.resends = targets.resend
    request.isOnlyIfPresent = sending.ifPresent
    try Runner.run(request, common, settings, quiet: sending.quiet)
  }
}
