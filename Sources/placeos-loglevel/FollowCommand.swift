import ArgumentParser
import Configuration
import Glibc
import PlaceOS
import Report
import Switching
import Text

struct FollowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "follow", abstract: "Switch into debug mode, show the logs, and switch back at the end.",
    discussion: """
      Ends with Ctrl-C, after --for, or at the deadline, and then takes back what it switched on itself.

      Example: sudo placeos-loglevel follow api core --for 10m --reason INC-42
      """
  )
  .ofSubcommand()

  @OptionGroup var selected: SelectionOptions

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("End and revert after this time: 90s, 30m, 2h, 1h30m.", valueName: "duration"),
    transform: Duration.option)
  var duration: Duration?

  @OptionGroup var switching: SwitchOptions

  @Option(
    help: ArgumentHelp("Show what was logged in this time before, too.", valueName: "duration"),
    transform: Duration.option)
  var since: Duration?

  @Option(help: ArgumentHelp("Show only lines that this regular expression matches.", valueName: "regex"))
  var grep: String?

  @Option(help: ArgumentHelp("Show only lines of this level, or more severe.", valueName: "level"))
  var level: LogLevel?

  @Flag(help: "Switch nothing; show only.")
  var noSwitch = false

  @Flag(help: "Print lines as they were written.")
  var raw = false

  @Flag(help: "Print one JSON object a line.")
  var json = false

  @Option(help: ArgumentHelp("Keep every line, one JSON object each, in this new file.", valueName: "file"))
  var save: String?

  @OptionGroup var places: PlaceOptions

  func validate() throws {
    if raw, json { throw ValidationError("--raw and --json exclude each other.") }
    _ = try pattern()
  }

  private func pattern() throws -> LinePattern? {
    guard let grep else { return nil }
    guard let pattern = LinePattern(grep) else {
      throw ValidationError("--grep: '\(grep)' is not an extended regular expression; see regex(7).")
    }
    return pattern
  }

  func run() throws {
    let settings = try Settings.toSwitchOn(places)
    let request = Request(
      verb: .on, selection: try selected.selection(settings), deadline: try settings.deadline(duration),
      reason: switching.reason, by: Invocation.actor, wait: switching.patience)
    let form: FollowOutput.Form = json ? .json : raw ? .raw : .text
    let output = FollowOutput(form: form, pattern: try pattern(), level: level)
    let session = FollowSession(
      places.pipeline(settings), request, output, switches: !noSwitch, span: duration,
      since: since, advice: places.advice)
    session.save = save
    let status = try Interruption.note { try session.run() }
    if status != 0 { throw ExitCode(status) }
  }
}

extension LogLevel: ExpressibleByArgument {}
