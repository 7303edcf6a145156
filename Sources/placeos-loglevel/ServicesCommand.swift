import ArgumentParser
import PlaceOS
import Report

struct ServicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "services",
    abstract: "Show the catalogue: names, aliases, how each is recognised and switched.",
    discussion: "Example: placeos-loglevel services"
  )
  .ofSubcommand()

  @OptionGroup var output: OutputOptions
  @OptionGroup var chosen: ConfigurationOptions

  func run() throws {
    let settings = Settings.inAnyCase(chosen.file)
    let report = ServicesReport(settings.catalogue)
    let problems = [settings.problem?.sentence].compactMap { $0 }
    Console.write(
      output.json
        ? report.json(Invocation.origin, problems: problems) : report.text(Console.Stream.output.style),
      to: .output)
    if let remark = settings.remark { Console.remark(remark) }
  }
}
