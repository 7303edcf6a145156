import ArgumentParser
import Configuration
import Glibc
import Ledger
import PlaceOS
import Processes
import Report
import Switching
import SystemPackage
import Text

/// The options of every subcommand that prints a document.
struct CommonOptions: ParsableArguments {
  @OptionGroup var output: OutputOptions
  @OptionGroup var places: PlaceOptions

  var json: Bool { output.json }
  var environment: Pipeline.Environment { places.environment }
  var advice: Advice { places.advice }
  var agentCommand: String { places.agentCommand }
}

/// Where things are.
struct PlaceOptions: ParsableArguments {
  @OptionGroup var state: StateOptions
  @OptionGroup var configuration: ConfigurationOptions

  var environment: Pipeline.Environment { state.environment }
  var configurationFile: ConfigurationFile { configuration.file }

  /// The pipeline on this machine; a signal that ``Interruption`` has noted ends it.
  func pipeline(_ settings: Settings) -> Pipeline {
    var pipeline = Pipeline(environment: environment, catalogue: settings.catalogue)
    pipeline.interruption = Interruption.signal
    return pipeline
  }

  var advice: Advice { state.advice }
  var agentCommand: String { state.agentCommand }
}

struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON document.")
  var json = false
}

struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the state is kept (default: $PLACEOS_LOGLEVEL_STATE_DIR or /run/placeos-loglevel; for another user than root "
        + "$XDG_RUNTIME_DIR/placeos-loglevel).",
      valueName: "dir"))
  var stateDir: String?

  func validate() throws {
    if stateDir == "" { throw ValidationError("--state-dir needs the name of a directory.") }
  }

  /// This machine, with the state where the options say, or where this user has it.
  var environment: Pipeline.Environment {
    let place = statePlace
    return Pipeline.Environment(
      stateDirectory: place.directory, history: place.history, ownerID: geteuid(), keeper: Invocation.keeper)
  }

  /// Where the state and the history are.
  private var statePlace: StatePlace {
    StatePlace(
      chosen: stateDir ?? Invocation.variable("PLACEOS_LOGLEVEL_STATE_DIR"), userID: geteuid(),
      runtimeDirectory: Invocation.variable("XDG_RUNTIME_DIR"))
  }

  /// The advice for this place.
  var advice: Advice {
    let place = statePlace
    return Advice(surroundings: Invocation.surroundings, commandLine: Invocation.commandLine) {
      Invocation.arming(place)
    }
  }

  /// The command line that starts the agent.
  var agentCommand: String { Invocation.agentCommand(statePlace) }
}

struct ConfigurationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The configuration (default: $PLACEOS_LOGLEVEL_CONFIG or /etc/placeos-loglevel/config.json).",
      valueName: "file"))
  var config: String?

  func validate() throws {
    if config == "" { throw ValidationError("--config needs the name of a file.") }
  }

  /// Where the configuration is.
  var file: ConfigurationFile {
    let named = config ?? Invocation.variable("PLACEOS_LOGLEVEL_CONFIG")
    return ConfigurationFile(path: named.map { FilePath($0) })
  }
}

/// The options of every subcommand that switches something.
struct SwitchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Why; kept in the state file and the history.", valueName: "text"))
  var reason: String?

  @Option(
    help: ArgumentHelp(
      "How long to wait for a starting process, and for the switch to be confirmed. "
        + "(default: \(DurationText(Self.usualWait).word))",
      valueName: "duration"),
    transform: Duration.option)
  var wait: Duration?
  private static let usualWait = Duration.seconds(2)

  func validate() throws {
    if let reason, reason.utf8.count > 4096 {
      throw ValidationError("--reason takes 4096 bytes at most.")
    }
    if patience > .seconds(3600) { throw ValidationError("--wait takes an hour at most.") }
  }

  var patience: Duration { wait ?? Self.usualWait }
}

/// The options of the subcommands that switch and exit.
struct SendingOptions: ParsableArguments {
  @OptionGroup var switching: SwitchOptions

  @Flag(help: "If nothing matches, exit with 0 instead of 1.")
  var ifPresent = false

  @Flag(help: "Print the plan; send and record nothing.")
  var dryRun = false

  @Flag(help: "Print nothing on success.")
  var quiet = false

  var reason: String? { switching.reason }
  var patience: Duration { switching.patience }
}

/// Which processes to switch on or off.
struct SelectionOptions: ParsableArguments {
  @Argument(
    help: "What to switch: api, api/NAME, CONTAINER, driver, driver/GLOB, backend:NAME, pid:N.",
    completion: .selector)
  var selector: [String] = []

  @Flag(help: "Every service; drivers only where 'driver' is named too.")
  var all = false

  func validate() throws {
    if !all, selector.isEmpty {
      throw ValidationError("Name a SELECTOR, such as api, or use --all. 'services' lists the names.")
    }
  }

  func selection(_ settings: Settings) throws -> Selection {
    let selectors = try settings.selectors(selector)
    guard all else { return .these(selectors) }
    for selector in selectors {
      switch selector {
      case .service(let service) where service.kind == .driver: continue
      case .driver: continue
      default:
        throw ValidationError("--all selects every service; beside it only 'driver' can be named.")
      }
    }
    return .all(drivers: selectors)
  }
}

/// The options of the subcommands that may lead into debug mode.
struct SwitchingOnOptions: ParsableArguments {
  @OptionGroup var targets: TargetOptions

  @Flag(help: "Stay in debug mode when the service restarts, until the deadline; needs the agent.")
  var followRestarts = false

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Revert after this time: 90s, 30m, 2h, 1h30m. Default 1h and at most 24h, unless the configuration "
        + "says otherwise. On a target already in debug mode it moves the deadline.",
      valueName: "duration"),
    transform: Duration.option)
  var duration: Duration?

  @Flag(help: "Never revert by itself.")
  var permanent = false

  @OptionGroup var sending: SendingOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if duration != nil, permanent { throw ValidationError("--for and --permanent exclude each other.") }
  }

  /// Runs `toggle` or `on`.
  func run(_ verb: Request.Verb) throws {
    let settings = try Settings.toSwitchOn(common.places)
    var request = Request(
      verb: verb, selection: try targets.selection(settings),
      deadline: permanent
        ? .never : try settings.deadline(duration, hint: "; --permanent is for no deadline"),
      reason: sending.reason, by: Invocation.actor, wait: sending.patience, isStrict: targets.strict,
      trustsNames: targets.trustName, isDryRun: sending.dryRun, followsRestarts: followRestarts)
    request.resends = targets.resend
    request.isOnlyIfPresent = sending.ifPresent
    try Runner.run(request, common, settings, quiet: sending.quiet)
  }
}

/// The options of the subcommands that choose among all processes.
struct TargetOptions: ParsableArguments {
  @OptionGroup var selected: SelectionOptions

  @Flag(help: "Refuse a process whose level is only assumed.")
  var strict = false

  @Flag(help: "Switch a process although only its name says that it is PlaceOS; never with --all.")
  var trustName = false

  @Flag(help: "Send although an earlier signal has not shown, or the evidence is in doubt; one pid:N only.")
  var resend = false

  func validate() throws {
    if resend, selected.selector.count != 1 || !selected.selector[0].hasPrefix("pid:") || selected.all {
      throw ValidationError("--resend is for one process that you have looked at: name it as pid:N.")
    }
    if selected.all, trustName {
      throw ValidationError("--trust-name cannot be used with --all: name what you trust.")
    }
  }

  func selection(_ settings: Settings) throws -> Selection { try selected.selection(settings) }
}

extension Settings {
  /// The deadline that `--for` asks for.
  ///
  /// - Parameter hint: what else there is, if that is not enough.
  func deadline(_ duration: Duration?, hint: String = "") throws -> Request.Deadline {
    guard let duration else { return .unsaid(configuration.defaultFor) }
    guard duration > .zero else { throw ValidationError("--for needs a time longer than 0\(hint).") }
    guard duration <= configuration.longestFor else {
      let longest = DurationText(configuration.longestFor).word
      throw ValidationError("--for takes \(longest) at most\(hint).")
    }
    return .after(duration)
  }
}

extension Duration {
  /// The value of an option.
  static func option(_ text: String) throws -> Duration {
    guard let duration = DurationText(parsing: text)?.span else {
      throw ValidationError("a time is a number followed by d, h, m, s or ms: 90s, 30m, 2h, 1h30m")
    }
    return duration
  }
}
