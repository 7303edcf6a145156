import PlaceOS

/// What to say of a first word that was meant as a command.
enum UnknownCommand {
  /// Other programs' words for what ours do.
  private static let others = [
    "activate": "on", "deactivate": "off", "debug": "on", "disable": "off", "enable": "on", "get": "status",
    "info": "status", "list": "status", "log": "follow", "logs": "follow", "ls": "status", "ps": "status",
    "reset": "revert", "restore": "revert", "show": "status", "start": "on", "stop": "off",
    "switch": "toggle",
    "tail": "follow", "trace": "on", "undo": "revert", "version": "--version", "watch": "status --watch",
  ]

  /// - Parameters:
  ///   - word: the first word that is not an option.
  ///   - arguments: the whole command line, without the program's name.
  /// - Returns: `nil` if it may well be a selector.
  static func sentence(_ word: String, _ arguments: ArraySlice<String>) -> String? {
    if arguments.contains("status") { return nil }
    let commands = PlaceOSLogLevel.commandNames
    if commands.contains(word) {
      let rest = arguments.filter { $0 != word }.joined(separator: " ")
      return "options follow the command: placeos-loglevel \(word) \(rest)"
    }
    let other = others[word.lowercased()] ?? Spelling.nearest(to: word, among: commands)
    return other.map { "unknown command '\(word)'; did you mean \($0)?" }
  }
}
