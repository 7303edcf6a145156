import Switching
import Text

/// Where and when a document was made.
public struct Origin: Sendable {
  /// The name of this machine.
  public let host: String
  public let time: WallTime

  public init(host: String, time: WallTime) {
    self.host = host
    self.time = time
  }
}

/// The output of a command that could do nothing: a wrong command line, no rights, no state.
public struct FailureReport {
  private let sentence: String
  private let exitStatus: ExitStatus

  /// - Parameter sentence: what failed and what to do, as on standard error.
  public init(_ sentence: String, _ exitStatus: ExitStatus) {
    self.sentence = sentence
    self.exitStatus = exitStatus
  }

  /// One JSON document: programs read only standard output.
  public func json(_ origin: Origin) -> String {
    Document.text(FailureDocument(error: sentence), origin, exitStatus, problems: [sentence])
  }
}

struct FailureDocument: Encodable {
  let error: String
}
