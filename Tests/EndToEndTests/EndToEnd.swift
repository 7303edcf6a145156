import TestSupport
import Testing

/// Every test that runs the program against real processes. One after the other, because a selector means
/// every process of a service on the host, and only in a sandbox (`scripts/test`), because it uses
/// the real paths and sends real signals.
@Suite(.serialized, .enabled(if: TestMachine.isHere, "needs the machine that scripts/test makes"))
struct EndToEnd {}

extension Child {
  /// A process of another user's, who has no rights: uid 10001, as PlaceOS's services are in their containers.
  convenience init(
    unprivileged program: String, _ arguments: [String], environment: [String: String], output: String
  ) throws {
    try self.init(
      "/usr/bin/setpriv",
      ["--reuid", "10001", "--regid", "10001", "--clear-groups", program] + arguments,
      environment: environment, output: output)
  }
}
