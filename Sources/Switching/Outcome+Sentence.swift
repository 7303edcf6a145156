import Ledger
import PlaceOS
import Processes

extension Outcome.Note {
  /// What else there is to say; `nil` if the outcome says it all.
  public var sentence: String? {
    switch self {
    case .obstacle(let obstacle): obstacle.sentence
    case .stopped: "the process is stopped (SIGSTOP or a debugger) and would not act on a signal"
    case .underway(let underway): underway.sentence
    case .doubt(let doubt): doubt.sentence
    case .levelUnknown:
      "neither the process nor what is recorded tells its level; "
        + "a restart of the service brings it back to its own"
    case .onlyAssumed: "its level is only assumed, and --strict was given"
    case .switchedOutside: "already in debug mode, switched on outside this tool; off turns it off"
    case .switchedBackOutside: "already out of debug mode, switched back outside this tool"
    case .restarted: "the process has ended; its replacement is at its own level"
    case .changedProgram: "the process runs another program by now"
    case .ended: "the process has ended"
    case .latchOnce:
      "this version switches on and off once, then only a restart arms it again"
    case .comesBackTo(let level, let startedAt):
      "started at \(startedAt.rawValue): will come back to \(level.rawValue), unless restarted"
    case .moduleLoggersKeep: "the process log only: the loggers of its modules keep their level"
    case .lastSeen(debug: nil, _): "the signal was delivered; nothing shows whether it worked"
    case .lastSeen(let debug?, let evidence):
      "seen last: \(debug ? "in" : "out of") debug mode (\(evidence.rawValue))"
    case .deadlineMoved: "with a new deadline"
    case .deadlineRemoved: "without a deadline from now on"
    case .unrecorded:
      "not signalled: the signal cannot be recorded, and without a record the next run could send it again"
    case .host(let error): error.sentence
    case .notSent: "nothing was sent"
    case .interrupted: "asked to end before its turn came"
    }
  }
}

extension Outcome {
  /// Everything there is to say about it, in one line; `nil` for nothing.
  public var message: String? {
    let sentences = notes.compactMap(\.sentence)
    return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
  }
}
