import ArgumentParser

struct OnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "on", abstract: "Switch into debug mode; processes already there are not signalled.",
    discussion: """
      Example: sudo placeos-loglevel on api/rest-api driver/place_meet --for 2h
      """
  )
  .ofSubcommand()

  @OptionGroup var options: SwitchingOnOptions

  func run() throws { try options.run(.on) }
}
