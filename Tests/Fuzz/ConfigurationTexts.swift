import SystemPackage

@testable import Configuration
@testable import Report
@testable import Text

/// What an administrator writes.
enum ConfigurationTexts {
  static func configuration(_ bytes: [UInt8]) throws {
    let configuration: Configuration
    do {
      configuration = try Configuration(parsing: bytes)
    } catch {
      let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
      try require((1...lines).contains(error.line), "configuration: line \(error.line) of \(lines)")
      try require(!error.expected.isEmpty, "configuration: nothing was expected")
      return
    }
    try require(
      configuration.defaultFor > .zero && configuration.defaultFor <= configuration.longestFor,
      "configuration: the default is too long")
    // Additions that say two things of one process would be a guess.
    let paths = configuration.additions.flatMap(\.executables)
    try require(Set(paths).count == paths.count, "configuration: a path belongs to two services")
    let shown = ConfigurationReport(path: "config.json", found: .success(configuration)).text
    try require(
      accepted { try Configuration(parsing: Array(shown.utf8)) } == configuration,
      "configuration: shown and read again, it differs")
  }
}
