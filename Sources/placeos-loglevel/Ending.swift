import ArgumentParser
import Report
import Switching

/// Ends the program with a sentence: a person reads it on standard error and, with `--json`, a program finds
/// it in the document.
struct Ending: Error {
  let status: ExitStatus
  let sentence: String

  init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }

  /// Whether the caller wants a document, however wrong the rest of the command line. Nothing after `--` is
  /// an option.
  static let hasDocument = CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")

  /// Writes the document of a failure, if one is wanted.
  static func document(_ sentence: String, _ status: ExitStatus) {
    guard hasDocument else { return }
    Console.write(FailureReport(sentence, status).json(Invocation.origin), to: .output)
  }
}

extension ExitCode {
  init(_ status: ExitStatus) { self.init(status.code) }
}
