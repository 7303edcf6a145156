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

  @OptionGroup var common: CommonOptions

  func run() throws {
    let settings = Settings.inAnyCase(common)
    let report = ServicesReport(settings.catalogue)
    let problems = [settings.problem?.sentence].compactMap { $0 }
    Console.write(
      common.json
        ? report.json(Invocation.origin, problems: problems) : report.text(Console.Stream.output.style),
      to: .output)
    if let remark = settings.remark { Console.remark(remark) }
  }
}
