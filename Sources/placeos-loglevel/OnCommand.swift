import ArgumentParser
import Switching

struct OnCommand: SwitchingOnCommand {
  static let configuration = CommandConfiguration(
    commandName: "on", abstract: "Switch into debug mode; what is there already gets no signal.",
    discussion: """
      Example: sudo placeos-loglevel on api/rest-api driver/place_meet --for 2h
      """
  )
  .ofSubcommand()

  @OptionGroup var targets: TargetOptions
  @OptionGroup var deadline: DeadlineOptions
  @OptionGroup var sending: SendingOptions
  @OptionGroup var common: CommonOptions

  func run() throws { try run(.on) }
}
