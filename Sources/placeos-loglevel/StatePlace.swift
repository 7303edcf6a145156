import Switching
import SystemPackage

/// Where the state and the history are: root's in the system's folders, another user's in their own.
struct StatePlace: Hashable, Sendable {
  let directory: FilePath
  let history: FilePath
  /// Whether it is where systemd's units and cron's line look for it; otherwise it must be named to them.
  let isUsual: Bool

  /// - Parameters:
  ///   - chosen: where the caller wants it.
  ///   - runtimeDirectory: `$XDG_RUNTIME_DIR`; the XDG base directory specification. The system makes
  ///     `/run/user/UID` for whoever logs in, pam_systemd(8).
  init(chosen: String?, userID: UInt32, runtimeDirectory: String?) {
    isUsual = chosen == nil && userID == 0
    if isUsual {
      directory = Pipeline.Environment.usualStateDirectory
      history = "/var/log/placeos-loglevel/history.jsonl"
    } else {
      directory =
        chosen.map { FilePath($0) }
        ?? FilePath(runtimeDirectory ?? "/run/user/\(userID)").appending("placeos-loglevel")
      history = directory.appending("history.jsonl")
    }
  }
}
