import Text

/// Words that each end in a NUL byte: the form of `/proc/PID/cmdline` (proc_pid_cmdline(5)) and of
/// `/proc/PID/environ` (proc_pid_environ(5)).
public struct NulSeparated: Hashable, Sendable {
  /// The words; bytes that are not UTF-8 are replaced: words are compared and shown, never used as paths.
  public let words: [String]

  /// `/rest-api\0-b\00.0.0.0\0`. An empty word counts; so does what follows the last NUL (a process may have
  /// overwritten its own arguments).
  public init(parsing bytes: [UInt8]) {
    var parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
    if parts.last?.isEmpty == true { parts.removeLast() }
    words = parts.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The words as an environment, `NAME=value`; the first of a name counts, as for getenv(3).
  public var environment: [String: String] {
    var variables: [String: String] = [:]
    for word in words {
      // By bytes: `=` and a combining mark at the start of a value would be one character.
      guard let equals = word.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(word[..<equals])
      if variables[name] == nil { variables[name] = String(word[word.utf8.index(after: equals)...]) }
    }
    return variables
  }

  /// The variables with these names, from an environment; the first of a name counts. The rest is skipped.
  public static func environment(in bytes: [UInt8], named names: Set<String>) -> [String: String] {
    var variables: [String: String] = [:]
    // By its first two bytes, most of an environment is of no interest.
    var starts = Set<UInt16>()
    for name in names { starts.insert(start(of: "\(name)=".utf8.prefix(2))) }
    bytes.forEachPart(between: 0) { word in
      guard word.count > 1, starts.contains(start(of: word.prefix(2))),
        let equals = word.firstIndex(of: UInt8(ascii: "="))
      else { return }
      let name = String(decoding: word[..<equals], as: UTF8.self)
      guard names.contains(name), variables[name] == nil else { return }
      variables[name] = String(decoding: word[(equals + 1)...], as: UTF8.self)
    }
    return variables
  }

  private static func start(of bytes: some Collection<UInt8>) -> UInt16 {
    bytes.reduce(0) { $0 << 8 | UInt16($1) }
  }
}
