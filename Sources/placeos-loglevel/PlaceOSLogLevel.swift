import ArgumentParser
import Glibc
import Switching

/// The command as a whole: its subcommands, and how it ends.
@main
struct PlaceOSLogLevel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "placeos-loglevel",
    abstract: "Switch debug mode of PlaceOS services on this host, and take it back.",
    discussion: """
      A SELECTOR is a service (api), a service in one container or pod (api/NAME, or a pattern: \
      'api/placeos-*'), the services of a container (its name alone), drivers (driver, driver/GLOB), the users \
      of a store (backend:redis), or one process (pid:N). 'services' lists the names.

      Examples:
        sudo placeos-loglevel
        sudo placeos-loglevel diagnose
        sudo placeos-loglevel follow api core --for 10m --reason INC-42
        sudo placeos-loglevel toggle api
        sudo placeos-loglevel on core driver --for 30m --reason INC-42
        sudo placeos-loglevel revert

      Exit status: 0 all as asked; 1 nothing matched; 2 usage; 3 nothing could be done; 4 some target \
      is not as asked; 128+n ended by signal n.
      """,
    version: version,
    subcommands: commands,
    defaultSubcommand: StatusCommand.self)

  private static let commands: [any ParsableCommand.Type] = [
    StatusCommand.self, DiagnoseCommand.self, FollowCommand.self, RunCommand.self, ToggleCommand.self,
    OnCommand.self, OffCommand.self, RevertCommand.self,
    HistoryCommand.self, ServicesCommand.self, ConfigCommand.self, AgentCommand.self,
  ]

  static let version = "0.1.0"

  static var commandNames: [String] {
    commands.compactMap { $0.configuration.commandName }
  }

  /// The requested command, and its arguments.
  ///
  /// A command named first gets its arguments at once: the parser would otherwise try all the others first,
  /// and take longer for that than the rest of a `toggle` takes.
  private static var asked: (command: any ParsableCommand.Type, words: [String]) {
    let words = CommandLine.arguments.dropFirst()
    if let name = words.first,
      let command = commands.first(where: { $0.configuration.commandName == name })
    {
      return (command, Array(words.dropFirst()))
    }
    return (Self.self, Array(words))
  }

  static func main() {
    Startup.prepare()
    var (type, words) = asked
    if type == RunCommand.self, let terminator = words.firstIndex(of: "--") {
      RunCommand.command = Array(words[(terminator + 1)...])
      words = Array(words[..<terminator])
    }
    do {
      var command = try type.parseAsRoot(words)
      try command.run()
      end(ExitStatus.done.code)
    } catch let ending as Ending {
      Console.remark(ending.sentence)
      Ending.document(ending.sentence, ending.status)
      end(ending.status.code)
    } catch let status as ExitCode {
      end(status.rawValue)
    } catch {
      // Help and version are errors to the parser, which go to standard output and end with 0.
      let isUsage = type.exitCode(for: error) != .success
      var message = type.fullMessage(for: error)
      if type != Self.self, let name = type.configuration.commandName {
        // A command parsed by itself does not name its parent there.
        message.replace("See '\(name) --help'", with: "See 'placeos-loglevel \(name) --help'")
      }
      Console.write(Console.escaped(message) + "\n", to: isUsage ? .error : .output)
      if isUsage { Ending.document(type.message(for: error), .usage) }
      end((isUsage ? ExitStatus.usage : .done).code)
    }
  }

  /// Ends the program. Lost output is a failure, whatever else was done.
  private static func end(_ status: Int32) -> Never {
    guard let failure = Console.outputFailure else { Glibc.exit(status) }
    Console.remark(
      "standard output could not be written: \(failure). What was done is done; 'history' has it")
    Glibc.exit(ExitStatus.nothingDone.code)
  }
}

extension CommandConfiguration {
  /// As one of the program's subcommands: its help has the program's name before its own, however it was
  /// parsed.
  func ofSubcommand() -> CommandConfiguration {
    var configuration = self
    configuration._superCommandName = "placeos-loglevel"
    configuration.version = PlaceOSLogLevel.version
    return configuration
  }
}
