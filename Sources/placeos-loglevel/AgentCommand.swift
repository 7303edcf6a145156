import Agent
import ArgumentParser
import Configuration
import Glibc
import Logging
import Report
import Switching

struct AgentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Keep deadlines to the moment, follow restarts, and end debug mode where it does harm.",
    discussion: """
      Runs until SIGTERM, under systemd or in the foreground; one agent for each state directory. Its log \
      goes to standard error.

      Example: sudo placeos-loglevel agent
      """
  )
  .ofSubcommand()

  @OptionGroup var state: StateOptions
  @OptionGroup var chosen: ConfigurationOptions

  func run() throws {
    let isJournal = JournalLogHandler.isJournal(Invocation.environment)
    let output = LogOutput()
    let log = Logger(label: "placeos-loglevel") { _ in
      JournalLogHandler(isJournal: isJournal) { output.write($0) }
    }
    // Deadlines are kept whatever the state of the configuration.
    let settings = Settings.inAnyCase(chosen.file)
    if let remark = settings.remark { log.warning("\(remark)") }
    var environment = state.environment
    environment.keeper = .agent
    let agent = Agent(
      environment: environment, settings: settings.ofAgent, actor: Invocation.actor, log: log,
      variables: Invocation.environment
    ) { [chosen] in
      let settings = Settings.inAnyCase(chosen.file)
      guard let problem = settings.problem else { return settings.ofAgent }
      log.warning("the configuration stays as it was", metadata: ["error": "\(problem.sentence)"])
      return nil
    }
    do {
      try agent.run()
    } catch {
      throw Ending(.nothingDone, error.sentence)
    }
  }
}

extension Settings {
  fileprivate var ofAgent: Agent.Settings {
    Agent.Settings(catalogue: catalogue, limits: configuration.guardLimits)
  }
}
