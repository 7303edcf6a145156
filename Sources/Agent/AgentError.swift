import Ledger
import SystemPackage

/// What ends the agent, or keeps it from starting.
public enum AgentError: Error, Hashable, Sendable {
  /// Another agent has the state directory; its pid is for a message only.
  case second(stateDirectory: FilePath, holderPID: Int32?)
  case ledger(LedgerError)
  /// The state directory was removed, or another was put in its place: what the agent would keep is gone.
  case directoryGone(FilePath)
  /// A system call that has nothing to do with files failed; `call` is its name.
  case call(String, Errno)
}
