/// How the program ends: the numbers that scripts rely on, and the only place that has them.
public enum ExitStatus: Hashable, Sendable {
  /// Every target is as asked.
  case done
  /// Nothing matched.
  case nothingMatched
  /// The command line is wrong.
  case usage
  /// Nothing could be done: no rights, a state file that cannot be read, output that cannot be written.
  case nothingDone
  /// Some target is not as asked; the others are.
  case notAsAsked
  /// Ended by a signal; nothing more was sent.
  case signal(Int32)

  /// The number that the caller gets; for a signal 128 plus its number, as in a shell.
  public var code: Int32 {
    switch self {
    case .done: 0
    case .nothingMatched: 1
    case .usage: 2
    case .nothingDone: 3
    case .notAsAsked: 4
    case .signal(let number): 128 + number
    }
  }
}
