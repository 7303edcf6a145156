import ArgumentParser
import Switching

/// What `on` and `toggle` have in common: they may lead into debug mode.
protocol SwitchingOnCommand: ParsableCommand {
  var targets: TargetOptions { get }
  var deadline: DeadlineOptions { get }
  var sending: SendingOptions { get }
  var common: CommonOptions { get }
}

extension SwitchingOnCommand {
  func run(_ verb: Request.Verb) throws {
    let settings = try Settings.toSwitchOn(common)
    let request = Request(
      verb: verb, selection: try targets.selection(settings),
      deadline: try deadline.deadline(settings.configuration), reason: sending.reason,
      by: Invocation.actor, waitNs: sending.waitNs, isStrict: targets.strict,
      trustsNames: targets.trustName, isDryRun: sending.dryRun,
      followsRestarts: deadline.followRestarts)
    try Runner.run(request, common, settings, quiet: sending.quiet)
  }
}
