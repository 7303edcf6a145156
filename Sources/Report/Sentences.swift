import Configuration
import Glibc
import Ledger
import PlaceOS
import Processes
import Switching
import Text

// Every sentence that a person reads about a process: what it is, what was done, why not.

extension Obstacle {
  /// Why the process cannot be switched.
  public var sentence: String {
    switch self {
    case .puma: "Ruby under Puma: SIGUSR1 would restart it"
    case .noHandler(starting: true): "still starting: no handler for SIGUSR1 yet"
    case .noHandler(starting: false): "no handler for SIGUSR1, which would end it"
    case .ignoresSignal: "it ignores SIGUSR1"
    case .latchSpent: "switched on and off once: only a restart arms it again"
    case .latchWithoutReturn:
      "its way back (SIGUSR2) is used up: once on, only a restart would end debug mode"
    case .unknownHandlers: "its signal handlers fit no version of PlaceOS that is known"
    case .unproved: "unproved: nothing but its name says that it is PlaceOS's (--trust-name)"
    case .freshCopy: "its service has just made a copy of itself, to run another program"
    case .unreadable: "it cannot be looked at"
    }
  }
}

extension Outcome.Note {
  /// What there is to say besides; `nil` where the outcome says it all.
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
    case .restarted: "the process has ended; what runs in its place is at its own level"
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
    case .unrecorded: "not recorded: there was no room"
    case .host(let error): error.sentence
    case .notSent: "nothing was sent"
    case .interrupted: "asked to end before its turn came"
    }
  }
}

extension Underway {
  /// Why no signal is added; `nil` where nothing is on its way.
  public var sentence: String? {
    switch self {
    case .nothing: nil
    case .pending(isOwn: true): "this tool's signal is still pending; none was added"
    case .pending(isOwn: false): "a signal that somebody sent is still pending; none was added"
    case .queued:
      "the process has a signal that it has not acted on yet (its event loop is busy); none was added"
    case .claimed(let sender): "another placeos-loglevel (pid \(sender.pid)) is switching it; none was added"
    case .unseen(let ageNs):
      "a signal of \(DurationText(ns: ageNs)) ago has not shown yet; none was added (--resend sends one all the same)"
    }
  }
}

extension LevelReading.Doubt {
  /// Why the evidence is not acted on.
  public var sentence: String {
    switch self {
    case .logAgainstLedger(let log):
      "its log says \(log ? "on" : "off") and this tool's record says \(log ? "off" : "on"); "
        + "look at the log, then restart the service or use --resend"
    case .logAlone:
      "only its log tells its level, in a format in which clients can write lines; look at it, then use --resend"
    case .logIncomplete:
      "lines of its log since its start may be missing, so its level is unknown; --resend flips it all the same"
    case .signalUnseen: "a signal of this tool's has not shown yet"
    }
  }
}

extension HostError {
  /// What failed, on what.
  public var sentence: String {
    switch self {
    case .unreadable(let path, let code): "cannot read \(path.string.printable): \(code)"
    case .malformed(let path, let reason): "cannot understand \(path.string.printable): \(reason.printable)"
    case .tooLarge(let path, let limit):
      "\(path.string.printable) is larger than the \(limit) bytes that such a file may have"
    case .notRegular(let path): "\(path.string.printable) is no regular file"
    case .processTable(let code): "cannot read the process table: \(code)"
    case .call(let call, let code): "\(call) failed: \(code)"
    case .noAnswer(let path): "\(path.string.printable) does not answer"
    case .lookFailed(let path): "\(path.string.printable) cannot be looked at: the reader ended over it"
    case .process(let pid, let call, let code): "\(call) of process \(pid) failed: \(code)"
    }
  }
}

extension LedgerError {
  /// What failed, on what, what was left as it was, and what to try next.
  public var sentence: String {
    switch self {
    case .refused(let path, let refusal):
      "\(path) is not used: \(refusal.sentence). It was left as it is"
    case .parentMissing(let path, let parent):
      "cannot make \(path): \(parent) does not exist. Make it, or name another with --state-dir"
    case .unreadable(let path, let code): "cannot read \(path): \(code). It was left as it is"
    case .tooLarge: cause + ". It was left as it is"
    case .damaged:
      cause + ". It was left untouched and nothing was sent; look at it, then move it away to begin anew"
    case .newerSchema:
      cause + ". It was left untouched and nothing was sent; use the newer placeos-loglevel"
    case .busy(let path, let holder):
      "another placeos-loglevel\(holder.map { " (pid \($0))" } ?? "") holds \(path); nothing was done. "
        + "Try again"
    case .unwritable(let path, let call, let code):
      "cannot write \(path): \(call): \(code). What was there is unchanged"
    case .replacedNotSynced(let path, let code):
      "\(path) is written, but not safe from a power cut: fsync: \(code)"
    case .unrecordable(let path, let reason): "cannot write \(path): \(reason.printable)"
    }
  }
}

extension LedgerError {
  /// What is wrong with a file's content.
  var cause: String {
    switch self {
    case .damaged(let path, let reason): "\(path) is damaged: \(reason.printable)"
    case .newerSchema(let path, let found, let known):
      "\(path) was written by a newer version (schema \(found), this one knows \(known))"
    case .tooLarge(let path, let limit):
      "\(path) is larger than the \(limit) bytes that such a file may have"
    default: sentence
    }
  }
}

extension LedgerError.Refusal {
  fileprivate var sentence: String {
    switch self {
    case .symbolicLink: "it is a symbolic link"
    case .notDirectory: "it is not a directory"
    case .notRegularFile: "it is not a regular file"
    case .owner(let found, let required): "it belongs to user \(found), not to user \(required)"
    case .permissions(let found, let allowed):
      "its mode is 0\(String(found, radix: 8)), wider than 0\(String(allowed, radix: 8)) (chmod it)"
    case .linked(let count): "it has \(count) names (hard links)"
    }
  }
}

extension SelectorError {
  /// What is wrong with a selector, and what would be right.
  public var sentence: String {
    switch self {
    case .empty: "an empty selector selects nothing; name a service, such as api, or use --all"
    case .notAPid(let word): "'\(word.printable)' names no process; write pid: and a number above 0"
    case .unknownBackend(let word, let known):
      "'\(word.printable)' names no backing store; known: \(known.joined(separator: ", "))"
    case .unknownService(let word, let nearest, let known):
      "unknown service '\(word.printable)'\(nearest.map { "; did you mean \($0)?" } ?? "")\n"
        + "Known services: \(known.joined(separator: ", "))"
    case .emptyName(let word): "'\(word.printable)' names no container; write \(word.printable)NAME"
    case .ambiguous(let selector, let places):
      "'\(selector.word.printable)' fits \(places.count) containers; name one of them by its full name or id:\n"
        + places.map { "  " + $0.sentence }.joined(separator: "\n")
    }
  }
}

extension Unmatched {
  /// That nothing was selected, and what could be.
  public var sentence: String {
    let word = selector.word.printable
    if case .pid(let pid) = selector {
      return isForeignProcess
        ? "process \(pid) runs, but is no service of PlaceOS's at its work" : "there is no process \(pid)"
    }
    guard !places.isEmpty else { return "nothing matches \(word)" }
    return "nothing matches \(word); the service runs in:\n"
      + places.map { "  " + $0.sentence }.joined(separator: "\n")
  }

  /// The same of `revert`, which looks at what is recorded.
  public var sentenceForRevert: String {
    "nothing that this tool has switched on matches \(selector.word.printable)"
  }
}

extension SelectionSubject.Place {
  fileprivate var sentence: String {
    let pod = pod.map { "  pod \(namespace ?? "?")/\($0)" } ?? ""
    return "\(name ?? "-")  \(id.prefix(12))\(pod)".printable
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
  var signalName: String {
    switch self {
    case SIGHUP: "SIGHUP"
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    default: "signal \(self)"
    }
  }
}
