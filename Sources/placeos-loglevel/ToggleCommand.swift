import ArgumentParser
import Switching

struct ToggleCommand: SwitchingOnCommand {
  static let configuration = CommandConfiguration(
    commandName: "toggle", abstract: "Flip debug mode.",
    discussion: """
      If every selected process is in debug mode, all leave it; otherwise those that are not, enter it.

      Example: sudo placeos-loglevel toggle api --for 30m --reason 'INC-42'
      """
  )
  .ofSubcommand()

  @OptionGroup var targets: TargetOptions
  @OptionGroup var deadline: DeadlineOptions
  @OptionGroup var sending: SendingOptions
  @OptionGroup var common: CommonOptions

  func run() throws { try run(.toggle) }
}
