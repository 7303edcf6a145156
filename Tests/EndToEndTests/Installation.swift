import Glibc

/// The program as `scripts/install` puts it on the machine, with the usual places for everything. It is taken
/// away again with its test.
final class Installation {
  static let program = "/usr/local/sbin/placeos-loglevel"
  static let cronLine = "/etc/cron.d/placeos-loglevel"
  static let logrotateEntry = "/etc/logrotate.d/placeos-loglevel"
  static let stateDirectory = "/run/placeos-loglevel"
  static let logDirectory = "/var/log/placeos-loglevel"
  static let history = logDirectory + "/history.jsonl"

  struct Failure: Error { let errors: String }

  init() throws {
    let run = try Self.script()
    guard run.status == 0 else { throw Failure(errors: run.errors) }
  }

  deinit {
    _ = try? Self.script("--uninstall", "--force")
    for folder in [Self.stateDirectory, Self.logDirectory] { Scratch.remove(folder) }
  }

  /// Runs scripts/install.
  static func script(_ arguments: String..., environment: [String: String] = [:]) throws -> Tool.Run {
    try Command.run(TestMachine.checkout + "/scripts/install", arguments, environment: environment)
  }

  /// Runs the installed program, as a person would.
  @discardableResult
  func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) throws -> Tool.Run {
    try Command.run(Self.program, arguments, environment: environment)
  }
}
