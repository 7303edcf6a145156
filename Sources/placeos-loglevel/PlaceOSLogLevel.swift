import ArgumentParser
import Glibc

/// The command as a whole: its subcommands, and how it ends.
@main
struct PlaceOSLogLevel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "placeos-loglevel",
    abstract: "Switches the debug mode of PlaceOS's services on this host, and takes it back.",
    discussion: """
      A SELECTOR is a service (api), a service in one container or pod (api/NAME), drivers (driver, \
      driver/GLOB), or one process (pid:N). 'services' lists the names.

      Examples:
        sudo placeos-loglevel
        sudo placeos-loglevel toggle api
        sudo placeos-loglevel on core driver --for 30m --reason INC-42
        sudo placeos-loglevel revert

      Exit status: 0 all as asked; 1 nothing matched; 2 usage; 3 nothing could be done; 4 some target \
      is not as asked.
      """,
    version: "0.1.0",
    subcommands: [
      StatusCommand.self, ToggleCommand.self, OnCommand.self, OffCommand.self, RevertCommand.self,
      HistoryCommand.self, ServicesCommand.self,
    ],
    defaultSubcommand: StatusCommand.self)

  static var commandNames: [String] {
    configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  static func main() {
    // A closed pipe on standard output is an error of write(2), not the end of half-done work.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let status as ExitCode {
      Glibc.exit(status.rawValue)
    } catch {
      // Help and version are errors to the parser, which go to standard output and end with 0.
      let isUsage = exitCode(for: error) != .success
      Console.write(Console.escaped(fullMessage(for: error)) + "\n", to: isUsage ? .error : .output)
      Glibc.exit(isUsage ? 2 : 0)
    }
  }
}
