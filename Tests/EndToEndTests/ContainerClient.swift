import Testing

/// The command line by which an engine of containers is told what to do: Docker's, or Podman's, which takes the
/// same words.
struct ContainerClient: Sendable {
  let program: String
  /// What stands before the subcommand.
  var global: [String] = []
  /// Further options of `create`.
  var creating: [String] = []
  /// Further options of `rm --force`.
  var removing: [String] = []

  struct Failure: Error, CustomStringConvertible {
    let arguments: [String]
    let run: Tool.Run

    var description: String { "\(arguments.joined(separator: " ")): \(run.status): \(run.errors)" }
  }

  /// Runs a command of the client's to its end, which must be a good one; its standard output.
  @discardableResult
  func run(_ arguments: [String]) throws -> String {
    let run = try Command.run(program, global + arguments)
    guard run.status == 0 else { throw Failure(arguments: [program] + arguments, run: run) }
    return run.output
  }
}
