import FoundationEssentials
import Glibc

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
  let stateDirectory: String
  var program = TestMachine.program

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
    var variables = ["PLACEOS_LOGLEVEL_STATE_DIR": stateDirectory]
    variables.merge(environment) { $1 }
    return try Command.run(program, arguments, environment: variables)
  }
}

/// A command that is run to its end.
enum Command {
  @discardableResult
  static func run(
    _ path: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Tool.Run {
    let scratch = Scratch()
    let child = try SeparateOutput(
      path, arguments, environment: environment, output: scratch("out"), errors: scratch("err"))
    let status = child.exitStatus
    return Tool.Run(status: status, output: Files.text(scratch("out")), errors: Files.text(scratch("err")))
  }

  /// Through a shell that keeps standard output and standard error apart.
  private static func SeparateOutput(
    _ path: String, _ arguments: [String], environment: [String: String], output: String, errors: String
  ) throws -> Child {
    var environment = environment
    for name in ["PATH", "DOCKER_HOST", "DOCKER_CONFIG"] where environment[name] == nil {
      environment[name] = TestMachine.variable(name)
    }
    return try Child(
      "/bin/sh", ["-c", "out=$1 err=$2; shift 2; exec \"$@\" >\"$out\" 2>\"$err\"", "sh", output, errors, path] + arguments,
      environment: environment)
  }
}

/// A JSON value of any kind.
enum JSON: Decodable, Equatable {
  case null, bool(Bool), number(Double), string(String), array([JSON]), object([String: JSON])

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

  subscript(key: String) -> JSON? { if case .object(let object) = self { object[key] } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var int: Int? { if case .number(let value) = self { Int(value) } else { nil } }
  var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  var isNull: Bool { self == .null }
}
