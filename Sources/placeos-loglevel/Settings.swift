import ArgumentParser
import Configuration
import Glibc
import PlaceOS
import Report
import Switching

/// What holds for one run of a command: the configuration, or the defaults if it cannot be used.
struct Settings {
  let configuration: Configuration
  /// Why the configuration cannot be used.
  let problem: ConfigurationError?
  let catalogue: Catalogue
  /// Services recorded here can be named as well.
  private let environment: Pipeline.Environment?

  /// For commands that switch something on: a configuration that cannot be used ends them, with status 3.
  static func toSwitchOn(_ places: PlaceOptions) throws -> Settings {
    let settings = Settings(places.configurationFile, nil)
    guard let problem = settings.problem else { return settings }
    throw Ending(.nothingDone, "\(problem.sentence)\nNothing was done; off and revert still work.")
  }

  /// For commands that take back or show: PlaceOS's own catalogue and the defaults are better than nothing.
  static func inAnyCase(_ places: PlaceOptions) -> Settings {
    Settings(places.configurationFile, places.environment)
  }

  /// For commands that show and take no selector.
  static func inAnyCase(_ file: ConfigurationFile) -> Settings { Settings(file, nil) }

  /// - Parameter environment: where services are recorded that the configuration may no longer have, but that can
  ///   be taken back.
  private init(_ file: ConfigurationFile, _ environment: Pipeline.Environment?) {
    var configuration = Configuration.standard
    var problem: ConfigurationError?
    do { configuration = try file.read() ?? .standard } catch { problem = error }
    self.configuration = configuration
    self.problem = problem
    catalogue = configuration.catalogue
    self.environment = environment
  }

  /// What to say if the configuration cannot be used and the command goes on.
  var remark: String? {
    problem.map { "\($0.sentence)\nGoing on without it: with the built-in catalogue and defaults." }
  }

  /// Parses selectors; a wrong one is a usage error.
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
    let parsed = Result { () throws(SelectorError) in try Selector(parsing: word, catalogue: catalogue) }
    switch parsed {
    case .success(.container(_, let unknown)):
      if let selector = recorded(word) { return selector }
      // A user who can see no processes is told of a typing error at once; a container may well have another
      // name.
      if geteuid() != 0, let nearest = unknown.nearest {
        throw .unknownService(word, nearest: nearest, known: unknown.known)
      }
    case .failure(.unknownService):
      if let selector = recorded(word) { return selector }
    default: break
    }
    return try parsed.get()
  }

  /// What was switched on under a name can be taken back under it, though no configuration has it any more.
  private func recorded(_ word: String) -> Selector? {
    guard let environment else { return nil }
    let recorded = environment.recordedServices().map { Service(name: $0, executables: []) }
    let selector = try? Selector(parsing: word, catalogue: Catalogue(services: recorded))
    if case .container = selector { return nil }
    return selector
  }
}
