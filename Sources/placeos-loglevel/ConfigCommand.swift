import ArgumentParser
import Configuration
import Report

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show the configuration in force, or check its file.",
    discussion: """
      Without --json it is shown as the file would have it.

      Example: placeos-loglevel config --check
      """)

  @Flag(help: "Say whether the file is right or, by line and key, what was expected.")
  var check = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    let file = common.configurationFile
    let report: ConfigurationReport
    do {
      report = ConfigurationReport(path: file.path, found: .success(try file.read()))
    } catch {
      report = ConfigurationReport(path: file.path, found: .failure(error))
    }
    if common.json { Console.write(report.json(Invocation.origin), to: .output) }
    if let problem = report.problem {
      // PATH:LINE: KEY: expected …, as compilers write it, so that editors find the place.
      Console.write(Console.escaped(problem) + "\n", to: .error)
      throw ExitCode(report.exitStatus)
    }
    if !common.json { Console.write(check ? report.verdict + report.text : report.text, to: .output) }
  }
}
