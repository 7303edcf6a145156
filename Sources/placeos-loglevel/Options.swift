import ArgumentParser
import Configuration
import Glibc
import Ledger
import PlaceOS
import Report
import Switching
import SystemPackage
import Text

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print one JSON document.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Where the state is kept (default: $PLACEOS_LOGLEVEL_STATE_DIR or /run/placeos-loglevel).",
      valueName: "dir"))
  var stateDir: String?

  @Option(
    help: ArgumentHelp(
      "The configuration (default: $PLACEOS_LOGLEVEL_CONFIG or /etc/placeos-loglevel/config.json).",
      valueName: "file"))
  var config: String?

  func validate() throws {
    if config == "" { throw ValidationError("--config needs the name of a file.") }
    if stateDir == "" { throw ValidationError("--state-dir needs the name of a directory.") }
  }

  /// This machine, with the state where the options have it.
  var machine: Pipeline.Machine {
    let directory = FilePath(chosenStateDirectory ?? "/run/placeos-loglevel")
    let log: FilePath = chosenStateDirectory == nil ? "/var/log/placeos-loglevel" : directory
    return Pipeline.Machine(
      stateDirectory: directory, history: log.appending("history.jsonl"), keeper: Invocation.keeper)
  }

  /// Where the configuration is.
  var configurationFile: ConfigurationFile {
    let named = config ?? Invocation.variable("PLACEOS_LOGLEVEL_CONFIG")
    return ConfigurationFile(path: named.map { FilePath($0) })
  }

  /// The command line that lets deadlines be kept, should nothing keep them.
  var armingCommand: String { Invocation.armingCommand(stateDirectory: chosenStateDirectory) }

  /// The command line that starts the agent.
  var agentCommand: String { Invocation.agentCommand(stateDirectory: chosenStateDirectory) }

  /// Where the caller wants the state to be; `nil` for its usual place.
  private var chosenStateDirectory: String? {
    stateDir ?? Invocation.variable("PLACEOS_LOGLEVEL_STATE_DIR")
  }
}

/// What every subcommand takes that switches something.
struct SwitchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Why; kept in the state file and the history.", valueName: "text"))
  var reason: String?

  @Option(
    help: ArgumentHelp(
      "How long to wait for a starting process, and for the switch to be confirmed. "
        + "(default: \(Self.usualWait.word))",
      valueName: "duration"))
  var wait: DurationText?
  private static let usualWait = DurationText(ns: 2_000_000_000)

  func validate() throws {
    if let reason, reason.utf8.count > 4096 {
      throw ValidationError("--reason takes 4096 bytes at most.")
    }
    if waitNs > 3_600_000_000_000 { throw ValidationError("--wait takes an hour at most.") }
  }

  var waitNs: Int64 { (wait ?? Self.usualWait).ns }
}

/// What the subcommands take that switch and end.
struct SendingOptions: ParsableArguments {
  @OptionGroup var switching: SwitchOptions

  @Flag(help: "Where nothing matches, exit with 0 instead of 1.")
  var ifPresent = false

  @Flag(help: "Print the plan; send and record nothing.")
  var dryRun = false

  @Flag(help: "Print nothing on success.")
  var quiet = false

  var reason: String? { switching.reason }
  var waitNs: Int64 { switching.waitNs }
}

/// Which processes, for what switches them on or off.
struct SelectionOptions: ParsableArguments {
  @Argument(
    help: "What to switch: api, api/NAME, driver, driver/GLOB, backend:NAME, pid:N.", completion: .selector)
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

/// What the subcommands take that choose among all processes.
struct TargetOptions: ParsableArguments {
  @OptionGroup var selected: SelectionOptions

  @Flag(help: "Refuse a process whose level is only assumed.")
  var strict = false

  @Flag(help: "Switch a process that only its name says is PlaceOS's; never with --all.")
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
  /// - Parameter hint: what else there is, for whom that is not enough.
  func deadline(_ duration: DurationText?, hint: String = "") throws -> Request.Deadline {
    guard let duration else { return .unsaid(ns: configuration.defaultForNs) }
    guard duration.ns > 0 else { throw ValidationError("--for needs a time longer than 0\(hint).") }
    guard duration.ns <= configuration.longestForNs else {
      let longest = DurationText(ns: configuration.longestForNs).word
      throw ValidationError("--for takes \(longest) at most\(hint).")
    }
    return .after(ns: duration.ns)
  }
}

extension DurationText: ExpressibleByArgument {
  public init?(argument: String) { self.init(parsing: argument) }
}
