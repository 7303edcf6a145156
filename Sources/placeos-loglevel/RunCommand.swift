import ArgumentParser
import Configuration
import Switching
import Text

struct RunCommand: ParsableCommand {
  /// What follows `--`: the parser takes one list of unnamed words, and that is the selectors'.
  nonisolated(unsafe) static var command: [String] = []

  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Switch into debug mode, run a command, and switch back.",
    usage: "placeos-loglevel run [<options>] <selector> ... -- <command> [<argument> ...]",
    discussion: """
      The exit status is the command's. Where switching on fails, the command is not run, and the status is \
      that of 'on'.

      Example: sudo placeos-loglevel run api staff --save booking.ndjson -- ./reproduce-booking.sh
      """
  )
  .ofSubcommand()

  @OptionGroup var targets: TargetOptions

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Revert after this time, even if the command still runs: 90s, 30m, 2h, 1h30m.", valueName: "duration"),
    transform: Duration.option)
  var duration: Duration?

  @OptionGroup var switching: SwitchOptions

  @Option(
    help: ArgumentHelp("Keep what is logged, one JSON object a line, in this new file.", valueName: "file"))
  var save: String?

  @OptionGroup var places: PlaceOptions

  func validate() throws {
    if Self.command.isEmpty { throw ValidationError("Name the command after '--'.") }
  }

  func run() throws {
    let settings = try Settings.toSwitchOn(places)
    var request = Request(
      verb: .on, selection: try targets.selection(settings), deadline: try settings.deadline(duration),
      reason: switching.reason, by: Invocation.actor, wait: switching.patience, isStrict: targets.strict,
      trustsNames: targets.trustName)
    request.resends = targets.resend
    let output = FollowOutput(form: .none, pattern: nil, level: nil)
    let session = FollowSession(
      places.pipeline(settings), request, output, switches: true, span: nil, since: nil,
      advice: places.advice)
    session.command = Self.command
    session.save = save
    let status = try Interruption.note { try session.run() }
    if status != 0 { throw ExitCode(status) }
  }
}
