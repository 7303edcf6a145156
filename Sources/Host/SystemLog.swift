import CLinux

/// The system log, syslog(3).
public enum SystemLog {
  /// Writes one line with facility daemon and priority notice.
  public static func write(_ line: String) { clinux_syslog(5, line) }

  /// The text with control characters as `\u{…}`, so that a container's name cannot write lines of its own.
  public static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      escaped += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return escaped
  }
}
