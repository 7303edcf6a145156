import Glibc
import Ledger
import Processes

extension Pipeline {
  /// What stops a command before it has done anything.
  public enum Stop: Error, Hashable, Sendable {
    case host(HostError)
    case ledger(LedgerError)
    case selector(SelectorError)
    /// A signal asked this program to end before anything was sent.
    case interrupted(signal: Int32)
  }
}

extension Pipeline.Stop {
  /// What stopped the command.
  public var sentence: String {
    switch self {
    case .host(let error): error.sentence
    case .ledger(let error): error.sentence
    case .selector(let error): error.sentence
    case .interrupted(let signal): "ended by \(signal.signalName) before anything was sent"
    }
  }

  /// How the program ends for it.
  public var exitStatus: ExitStatus {
    switch self {
    case .selector: .usage
    case .host, .ledger: .nothingDone
    case .interrupted(let signal): .signal(signal)
    }
  }
}

extension Int32 {
  /// The name of a signal that ends programs.
  public var signalName: String {
    switch self {
    case SIGHUP: "SIGHUP"
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    default: "signal \(self)"
    }
  }
}
