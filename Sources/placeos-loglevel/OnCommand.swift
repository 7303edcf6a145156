import ArgumentParser
import Switching

typealias OnCommand = SwitchingOnCommand<SwitchingOn>

enum SwitchingOn: SwitchingOnKind {
  static let verb = Request.Verb.on
  static let configuration = CommandConfiguration(
    commandName: "on", abstract: "Switch into debug mode; what is there already gets no signal.",
    discussion: """
      Example: sudo placeos-loglevel on api/rest-api driver/place_meet --for 2h
      """
  )
  .ofSubcommand()
}
