import FoundationEssentials
import Glibc
import TestSupport

/// The program under test, with a state directory of the test's own.
struct Tool {
  /// What one run of it gave.
  struct Run {
    let status: Int32
    let output: String
    let errors: String

    /// The JSON document on standard output, as dictionaries and arrays.
    func json() throws -> JSON { try JSONDecoder().decode(JSON.self, from: Data(output.utf8)) }
    /// The rows of a `status` or of a command that switches.
    func rows() throws -> [JSON] {
      let document = try json()
      return document["results"]?.array ?? document["instances"]?.array ?? []
    }
  }

  let scratch: Scratch
  var stateDirectory: String
  var program = TestMachine.program
  /// A command that is given the program and its arguments to run, such as `strace`.
  var through: [String] = []

  init(_ scratch: Scratch) {
    self.scratch = scratch
    stateDirectory = scratch("state")
  }

  /// Runs it to its end.
  @discardableResult
  func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) throws -> Run {
    try run(arguments, environment: environment)
  }

  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Run {
    try start(arguments, environment: environment).finish()
  }

  /// Starts it and does not wait for it.
  func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Command.Running {
    var variables = ["PLACEOS_LOGLEVEL_STATE_DIR": stateDirectory]
    variables.merge(environment) { $1 }
    let words = through + [program] + arguments
    return try Command.start(words[0], Array(words.dropFirst()), environment: variables)
  }
}

/// A command that is run to its end.
enum Command {
  @discardableResult
  static func run(
    _ path: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Tool.Run {
    try start(path, arguments, environment: environment).finish()
  }

  /// A command that has been started; ended with this value, if it is still running then.
  final class Running {
    private let scratch = Scratch()
    let child: Child

    fileprivate init(_ path: String, _ arguments: [String], _ environment: [String: String]) throws {
      child = try Command.separateOutput(
        path, arguments, environment: environment, output: scratch("out"), errors: scratch("err"))
    }

    /// What it has written to standard error so far.
    var errors: String { Files.text(scratch("err")) }

    /// What it has written to standard output so far.
    var output: String { Files.text(scratch("out")) }

    /// Waits for its end.
    func finish() -> Tool.Run {
      let status = child.exitStatus
      return Tool.Run(status: status, output: Files.text(scratch("out")), errors: errors)
    }
  }

  static func start(
    _ path: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Running {
    try Running(path, arguments, environment)
  }

  /// Through a shell that keeps standard output and standard error apart.
  fileprivate static func separateOutput(
    _ path: String, _ arguments: [String], environment: [String: String], output: String, errors: String
  ) throws -> Child {
    var environment = environment
    for name in ["PATH", "DOCKER_HOST", "DOCKER_CONFIG"] where environment[name] == nil {
      environment[name] = TestMachine.variable(name)
    }
    return try Child(
      "/bin/sh",
      ["-c", "out=$1 err=$2; shift 2; exec \"$@\" >\"$out\" 2>\"$err\"", "sh", output, errors, path]
        + arguments,
      environment: environment)
  }
}

/// A JSON value of any kind.
enum JSON: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([JSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSON].self))
    }
  }

  /// The keys of an object.
  var keys: Set<String> { if case .object(let object) = self { Set(object.keys) } else { [] } }
  subscript(key: String) -> JSON? { if case .object(let object) = self { object[key] } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var int: Int? { if case .number(let value) = self { Int(value) } else { nil } }
  var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  var isNull: Bool { self == .null }
}
