import ArgumentParser
import Switching

typealias ToggleCommand = SwitchingOnCommand<Toggling>

enum Toggling: SwitchingOnKind {
  static let verb = Request.Verb.toggle
  static let configuration = CommandConfiguration(
    commandName: "toggle", abstract: "Flip debug mode.",
    discussion: """
      If every selected process is in debug mode, all leave it; otherwise those that are not, enter it.

      Example: sudo placeos-loglevel toggle api --for 30m --reason 'INC-42'
      """
  )
  .ofSubcommand()
}
