import ArgumentParser
import Configuration
import Report

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show the configuration in force, or check its file.",
    discussion: """
      Without --json it is shown in the form of its file.

      Example: placeos-loglevel config --check
      """
  )
  .ofSubcommand()

  @Flag(help: "Check the file; if it is wrong, say in which line and key, and what was expected.")
  var check = false

  @OptionGroup var output: OutputOptions
  @OptionGroup var chosen: ConfigurationOptions

  func run() throws {
    let file = chosen.file
    let report: ConfigurationReport
    do {
      report = ConfigurationReport(path: file.path, found: .success(try file.read()))
    } catch {
      report = ConfigurationReport(path: file.path, found: .failure(error))
    }
    if output.json { Console.write(report.json(Invocation.origin), to: .output) }
    if let problem = report.problem {
      // PATH:LINE: KEY: expected …, as compilers write it, so that editors find the place.
      Console.write(Console.escaped(problem) + "\n", to: .error)
      throw ExitCode(report.exitStatus)
    }
    if !output.json { Console.write(check ? report.verdict + report.text : report.text, to: .output) }
  }
}
