import Configuration
import PlaceOS
import Switching
import SystemPackage
import Text

/// The output of `config`: the configuration in force, or why there is none.
public struct ConfigurationReport {
  private let path: FilePath
  private let found: Result<Configuration?, ConfigurationError>

  /// - Parameter found: what the file says; `nil` if there is no file, so that the defaults hold.
  public init(path: FilePath, found: Result<Configuration?, ConfigurationError>) {
    self.path = path
    self.found = found
  }

  /// Why the file cannot be used.
  public var problem: String? { if case .failure(let error) = found { error.sentence } else { nil } }

  /// One JSON document.
  public func json(_ origin: Origin) -> String {
    Document.text(
      ConfigurationDocument(path: path, found: found), origin, exitStatus,
      problems: [problem].compactMap { $0 })
  }

  /// Whether the file can be used.
  public var exitStatus: ExitStatus { problem == nil ? .done : .nothingDone }

  /// The configuration, in the form of its file.
  public var text: String {
    guard case .success(let configuration) = found else { return "" }
    return "// \(path.string.printable)\(isMissing ? " does not exist: these are the defaults" : "")\n"
      + Document.text(ConfigurationBody(configuration ?? .standard))
  }

  /// One line saying that the file is right.
  public var verdict: String {
    "\(path.string.printable): \(isMissing ? "does not exist; the defaults are in force" : "correct; in force is"):\n"
  }

  private var isMissing: Bool { if case .success(nil) = found { true } else { false } }
}

struct ConfigurationDocument: Encodable {
  struct Problem: Encodable {
    @OrNull var line: Int?
    @OrNull var key: String?
    @OrNull var expected: String?
    let message: String

    init(_ error: ConfigurationError) {
      message = error.sentence
      guard case .invalid(_, let flaw) = error else { return }
      line = flaw.line
      key = flaw.key.isEmpty ? nil : flaw.key
      expected = flaw.expected
    }
  }

  let path: String
  let exists: Bool
  @OrNull var problem: Problem?
  @OrNull var configuration: ConfigurationBody?
  /// As in every document of a command that could do nothing.
  @OrNull var error: String?

  init(path: FilePath, found: Result<Configuration?, ConfigurationError>) {
    self.path = path.string
    switch found {
    case .success(let configuration):
      exists = configuration != nil
      self.configuration = ConfigurationBody(configuration ?? .standard)
    case .failure(let error):
      exists = true
      problem = Problem(error)
      self.error = error.sentence
    }
  }
}

/// The keys and values of the file.
struct ConfigurationBody: Encodable {
  struct Guard: Encodable {
    let freePercent: Int
    let freeBytes: UInt64
    let writeBytesPerSecond: UInt64
    let writeSeconds: Int
  }

  struct Addition: Encodable {
    let name: String
    let executables: [String]
    let images: [String]
    @OrNull var dialect: String?

    init(_ addition: ServiceAddition) {
      name = addition.name
      executables = addition.executables
      images = addition.images
      dialect = addition.dialect?.rawValue
    }
  }

  let defaultFor: String
  let longestFor: String
  let `guard`: Guard
  let services: [Addition]

  init(_ configuration: Configuration) {
    defaultFor = DurationText(configuration.defaultFor).word
    longestFor = DurationText(configuration.longestFor).word
    let limits = configuration.guardLimits
    self.guard = Guard(
      freePercent: limits.freePercent, freeBytes: limits.freeBytes,
      writeBytesPerSecond: limits.writeBytesPerSecond, writeSeconds: limits.writeSeconds)
    services = configuration.additions.map(Addition.init)
  }
}
