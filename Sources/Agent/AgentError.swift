import Ledger
import SystemPackage

/// What ends the agent, or keeps it from starting.
public enum AgentError: Error, Hashable, Sendable {
  /// Another agent has the state directory; its pid is only for a message.
  case second(stateDirectory: FilePath, holderPID: Int32?)
  case ledger(LedgerError)
  /// The state directory was removed or replaced: what the agent would keep is gone.
  case directoryGone(FilePath)
  /// A system call without a file failed; `call` is its name.
  case call(String, Errno)
}

extension AgentError {
  /// What ended the agent, and what to do.
  public var sentence: String {
    switch self {
    case .second(let directory, let holder):
      "another agent\(holder.map { " (pid \($0))" } ?? "") runs on \(directory); this one ends"
    case .ledger(let error): error.sentence
    case .directoryGone(let path): "\(path) was removed or replaced; start the agent again"
    case .call(let call, let code): "\(call) failed: \(code)"
    }
  }
}
