import ArgumentParser
import Configuration
import PlaceOS
import Report
import Switching

/// What holds for one run of a command: the configuration, or what stands in its place where it cannot be used.
struct Settings {
  let configuration: Configuration
  /// Why the configuration cannot be used.
  let problem: ConfigurationError?
  let catalogue: Catalogue
  private let machine: Pipeline.Machine
  private let takesBack: Bool

  /// For what switches something on: a configuration that cannot be used ends it, with status 3.
  static func toSwitchOn(_ common: CommonOptions) throws -> Settings {
    let settings = Settings(common, takesBack: false)
    guard let problem = settings.problem else { return settings }
    // Who is not root may just not be allowed to read it.
    try Invocation.requireRoot()
    throw Ending(.nothingDone, "\(problem.sentence)\nNothing was done; off and revert work in spite of it.")
  }

  /// For what takes back or shows: PlaceOS's own catalogue and the standard values are better than nothing.
  static func inAnyCase(_ common: CommonOptions) -> Settings { Settings(common, takesBack: true) }

  private init(_ common: CommonOptions, takesBack: Bool) {
    var configuration = Configuration.standard
    var problem: ConfigurationError?
    do { configuration = try common.configurationFile.read() ?? .standard } catch { problem = error }
    self.configuration = configuration
    self.problem = problem
    catalogue = configuration.catalogue
    machine = common.machine
    self.takesBack = takesBack
  }

  /// What to say where the configuration cannot be used and the command goes on.
  var remark: String? {
    problem.map { "\($0.sentence)\nGoing on with what is known without it." }
  }

  /// Parses selectors; a wrong one is an error of use.
  func selectors(_ words: [String]) throws -> [Selector] {
    do {
      return try words.map { word throws(SelectorError) in try selector(word) }
    } catch {
      // The name may be one that only the configuration knows.
      if let remark { Console.remark(remark) }
      throw ValidationError(error.sentence)
    }
  }

  private func selector(_ word: String) throws(SelectorError) -> Selector {
    do {
      return try Selector(parsing: word, catalogue: catalogue)
    } catch {
      guard takesBack, case .unknownService = error else { throw error }
      // What was switched on under a name can be taken back under it, though no configuration has it any more.
      let recorded = machine.recordedServices().map { Service(name: $0, executables: []) }
      guard let selector = try? Selector(parsing: word, catalogue: Catalogue(services: recorded)) else {
        throw error
      }
      return selector
    }
  }
}
