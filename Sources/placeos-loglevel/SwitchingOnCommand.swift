import ArgumentParser
import Configuration
import Switching
import Text

/// The commands that may lead into debug mode. They take the same and do the same, but for the verb.
struct SwitchingOnCommand<Kind: SwitchingOnKind>: ParsableCommand {
  static var configuration: CommandConfiguration { Kind.configuration }

  @OptionGroup var targets: TargetOptions

  @Flag(help: "Stay in debug mode when the service restarts, until the deadline; needs the agent.")
  var followRestarts = false

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Revert after this time: 90s, 30m, 2h, 1h30m. 24h at most, and 1h where nothing is said, unless the "
        + "configuration has other values. On a target already in debug mode it moves the deadline.",
      valueName: "duration"))
  var duration: DurationText?

  @Flag(help: "Never revert by itself.")
  var permanent = false

  @OptionGroup var sending: SendingOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if duration != nil, permanent { throw ValidationError("--for and --permanent exclude each other.") }
  }

  func run() throws {
    let settings = try Settings.toSwitchOn(common)
    var request = Request(
      verb: Kind.verb, selection: try targets.selection(settings),
      deadline: permanent
        ? .never : try settings.deadline(duration, hint: "; --permanent is for no deadline"),
      reason: sending.reason,
      by: Invocation.actor, waitNs: sending.waitNs, isStrict: targets.strict,
      trustsNames: targets.trustName, isDryRun: sending.dryRun, followsRestarts: followRestarts)
    request.resends = targets.resend
    request.isOnlyIfPresent = sending.ifPresent
    try Runner.run(request, common, settings, quiet: sending.quiet)
  }
}

/// What one of them has of its own.
protocol SwitchingOnKind {
  static var configuration: CommandConfiguration { get }
  static var verb: Request.Verb { get }
}
