import Containers
import Executables
import PlaceOS
import Processes
import Text

/// What was read of the program that a process executes. Nothing in it is judged yet, and everything but the
/// container and the executable's path comes from the process itself.
struct ProgramReading {
  let executable: ExecutableFile
  let arguments: [String]
  let addresses: ProcStat.ProgramAddresses
  let parentPID: Int32
  let comm: String
  let container: Container?
  /// The variables that tell its start level, and its stores, without secrets; `nil` if they cannot be read.
  let environment: [String: String]?
  let symbols: Symbols

  /// What the executable's symbols say.
  struct Symbols {
    let trace: TraceSymbol
    /// Whether one is of the `PlaceOS::` namespace.
    let areOfPlaceOS: Bool
    /// Why they cannot be read.
    let refusal: HostError?
    /// What to keep for the next run.
    let learnt: SymbolCache.Entry?
  }
}

extension ProgramReading: Message {
  func write(to message: inout MessageWriter) {
    message.write(executable, arguments, addresses.code, addresses.stack, parentPID, comm, container)
    message.write(environment.map { $0.map { [$0.key, $0.value] } }, symbols)
  }

  init(from message: inout MessageReader) throws(ParseError) {
    executable = try message.read()
    arguments = try message.read()
    addresses = ProcStat.ProgramAddresses(code: try message.read(), stack: try message.read())
    parentPID = try message.read()
    comm = try message.read()
    container = try message.read()
    let pairs = try message.read([[String]]?.self)
    environment = pairs.map { Dictionary($0.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first }) }
    symbols = try message.read()
  }
}

extension ProgramReading.Symbols: Message {
  func write(to message: inout MessageWriter) {
    let number: UInt8 =
      switch trace {
      case .logBackend: 0
      case .driver: 1
      case .absent: 2
      case .unknown: 3
      }
    message.write(number, areOfPlaceOS, refusal, learnt)
  }

  init(from message: inout MessageReader) throws(ParseError) {
    trace =
      switch try message.read(UInt8.self) {
      case 0: .logBackend
      case 1: .driver
      case 2: .absent
      default: .unknown
      }
    areOfPlaceOS = try message.read()
    refusal = try message.read()
    learnt = try message.read()
  }
}

extension TraceSymbol {
  init(_ executable: ExecutableSymbols) {
    switch executable.traceFlag?.kind {
    case .logBackend: self = .logBackend
    case .driver: self = .driver
    // A flag that cannot be used does not prove that there is none.
    case nil: self = executable.isStripped || executable.traceFlagProblem != nil ? .unknown : .absent
    }
  }
}
