import Ledger

/// Whether anything takes debug mode back when its time is over.
enum RevertArming {
  static func warning(command: String) -> String {
    "no deadline will be kept: nothing has run 'revert --expired' in the last three minutes. "
      + "Enable it with:\n  \(command)"
  }
}

extension RevertKeeper {
  /// Who keeps the deadlines, and how late that can be.
  var sentence: String {
    let who =
      switch self {
      case .agent: "the agent"
      case .timer: "systemd's timer"
      case .cron: "cron"
      case .person: "whoever runs 'revert --expired'"
      }
    let lateness = self == .agent ? "100 ms" : "a minute"
    return "Deadlines are kept by \(who), \(lateness) late at most."
  }
}
