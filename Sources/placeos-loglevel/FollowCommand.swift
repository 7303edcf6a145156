import ArgumentParser
import Configuration
import Glibc
import PlaceOS
import Report
import Switching
import Text

struct FollowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "follow", abstract: "Switch into debug mode, show the logs, and out of it at the end.",
    discussion: """
      Ends with Ctrl-C, after --for, or at the deadline, and then takes back what it switched on itself.

      Example: sudo placeos-loglevel follow api core --for 10m --reason INC-42
      """
  )
  .ofSubcommand()

  @Argument(help: "What to follow: api, api/NAME, driver, driver/GLOB, pid:N.", completion: .selector)
  var selector: [String] = []

  @Flag(help: "Every service; drivers only where 'driver' is named too.")
  var all = false

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("End and revert after this time: 90s, 30m, 2h, 1h30m.", valueName: "duration"))
  var duration: DurationText?

  @Option(help: ArgumentHelp("Why; kept in the state file and the history.", valueName: "text"))
  var reason: String?

  @Option(help: ArgumentHelp("Show what was logged in this time before, too.", valueName: "duration"))
  var since: DurationText?

  @Option(help: ArgumentHelp("Show only lines that this regular expression matches.", valueName: "regex"))
  var grep: String?

  @Option(help: ArgumentHelp("Show only lines of this level, or more severe.", valueName: "level"))
  var level: LogLevel?

  @Flag(help: "Switch nothing; show only.")
  var noSwitch = false

  @Flag(help: "Print lines as they were written.")
  var raw = false

  @Option(help: ArgumentHelp("Keep every line, one JSON object each, in this new file.", valueName: "file"))
  var save: String?

  @Option(
    help: ArgumentHelp(
      "How long to wait for a starting process, and for the switch to be confirmed. (default: 2s)",
      valueName: "duration"))
  var wait: DurationText?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !all, selector.isEmpty {
      throw ValidationError("Name a SELECTOR, such as api, or use --all. 'services' lists the names.")
    }
    if raw, common.json { throw ValidationError("--raw and --json exclude each other.") }
    if let duration, duration.ns <= 0 { throw ValidationError("--for needs a time longer than 0.") }
    if let reason, reason.utf8.count > 4096 { throw ValidationError("--reason takes 4096 bytes at most.") }
    if let wait, wait.ns > 3_600_000_000_000 { throw ValidationError("--wait takes an hour at most.") }
    _ = try pattern()
  }

  /// When debug mode is to end at the latest.
  static func deadline(_ duration: DurationText?, _ settings: Settings) throws -> Request.Deadline {
    guard let duration else { return .unsaid(ns: settings.configuration.defaultForNs) }
    guard duration.ns <= settings.configuration.longestForNs else {
      let longest = DurationText(ns: settings.configuration.longestForNs).word
      throw ValidationError("--for takes \(longest) at most.")
    }
    return .after(ns: duration.ns)
  }

  private func pattern() throws -> LinePattern? {
    guard let grep else { return nil }
    guard let pattern = LinePattern(grep) else {
      throw ValidationError("--grep: '\(grep)' is not an extended regular expression; see regex(7).")
    }
    return pattern
  }

  func run() throws {
    let settings = try Settings.toSwitchOn(common)
    let selectors = try settings.selectors(selector)
    try Invocation.requireRoot()
    let deadline = try Self.deadline(duration, settings)
    let request = Request(
      verb: .on, selection: all ? .all(drivers: selectors) : .these(selectors), deadline: deadline,
      reason: reason, by: Invocation.actor, waitNs: wait?.ns ?? 2_000_000_000)
    let form: FollowOutput.Form = common.json ? .json : raw ? .raw : .text
    let output = FollowOutput(form: form, pattern: try pattern(), level: level)
    var pipeline = Pipeline(machine: common.machine, catalogue: settings.catalogue)
    pipeline.interruption = Interruption.signal
    let session = FollowSession(
      pipeline, request, output, switches: !noSwitch, forNs: duration?.ns, sinceNs: since?.ns,
      armingCommand: common.armingCommand)
    session.save = save
    let status = try Interruption.note { try session.run() }
    if status != 0 { throw ExitCode(status) }
  }
}

extension LogLevel: ExpressibleByArgument {}
