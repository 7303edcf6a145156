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
      Runs until SIGTERM; systemd does that, or a person in the foreground. There is one agent for a state \
      directory. Its log goes to standard error.

      Example: sudo placeos-loglevel agent
      """)

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if common.json { throw ValidationError("the agent prints no document; its log goes to standard error.") }
  }

  func run() throws {
    try Invocation.requireRoot()
    let isJournal = JournalLogHandler.isJournal(Invocation.environment)
    let output = LogOutput()
    let log = Logger(label: "placeos-loglevel") { _ in
      JournalLogHandler(isJournal: isJournal) { output.write($0) }
    }
    // Deadlines are kept whatever the configuration is like.
    let settings = Settings.inAnyCase(common)
    if let remark = settings.remark { log.warning("\(remark)") }
    let agent = Agent(
      machine: common.machine, settings: settings.ofAgent, actor: Invocation.actor,
      words: Agent.Words(outcome: { $0.message }, stop: { $0.sentence }), log: log,
      environment: Invocation.environment
    ) { [common] in
      let settings = Settings.inAnyCase(common)
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

extension AgentError {
  /// What ended the agent, and what to do.
  fileprivate var sentence: String {
    switch self {
    case .second(let directory, let holder):
      "another agent\(holder.map { " (pid \($0))" } ?? "") runs on \(directory); this one ends"
    case .ledger(let error): error.sentence
    case .directoryGone(let path): "\(path) was removed or replaced; start the agent again"
    case .call(let call, let code): "\(call) failed: \(code)"
    }
  }
}
