import ArgumentParser

struct ToggleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toggle", abstract: "Flip debug mode.",
    discussion: """
      If every selected process is in debug mode, all leave it; otherwise the others enter it.

      Example: sudo placeos-loglevel toggle api --for 30m --reason 'INC-42'
      """
  )
  .ofSubcommand()

  @OptionGroup var options: SwitchingOnOptions

  func run() throws { try options.run(.toggle) }
}
