/// The folder in which a stand-in in a container says what it is and which signals it got.
struct TruthFolder {
  let path: String

  /// Whether a process is in debug mode, by its own word; `nil` before it has a handler.
  ///
  /// - Parameter pid: the one that it knows itself by; a container's first process is 1.
  func isVerbose(_ pid: Substring = "1") -> Bool? {
    switch Files.text("\(path)/level.\(pid)").split(whereSeparator: \.isWhitespace).last {
    case "true": true
    case "false": false
    default: nil
    }
  }

  /// The signals that its processes have acted upon, a line each.
  var signals: [Substring] { Files.text(path + "/signals").split(separator: "\n") }
}
