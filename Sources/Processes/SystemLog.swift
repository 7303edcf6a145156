import CLinux

/// The system log, syslog(3).
public enum SystemLog {
  /// Writes one line with facility daemon and priority notice.
  public static func write(_ line: String) { clinux_syslog(5, line) }
}
