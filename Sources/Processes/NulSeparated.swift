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
  public static func environment(in bytes: [UInt8], named names: VariableNames) -> [String: String] {
    var variables: [String: String] = [:]
    bytes.forEachPart(between: 0) { word in
      guard names.mayInclude(word), let equals = word.firstIndex(of: UInt8(ascii: "="))
      else { return }
      let name = String(decoding: word[..<equals], as: UTF8.self)
      guard names.names.contains(name), variables[name] == nil else { return }
      variables[name] = String(decoding: word[(equals + 1)...], as: UTF8.self)
    }
    return variables
  }

}

/// Names of environment variables to look for: made once, for thousands of environments.
public struct VariableNames: Sendable, ExpressibleByArrayLiteral {
  let names: Set<String>
  /// Their first two bytes: by these alone, most of an environment is of no interest.
  private let starts: Set<UInt16>

  public init(_ names: some Sequence<String>) {
    self.names = Set(names)
    starts = Set(self.names.map { Self.start(of: "\($0)=".utf8) })
  }

  public init(arrayLiteral names: String...) { self.init(names) }

  /// Whether `NAME=value` may have one of them.
  func mayInclude(_ variable: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    variable.count > 1 && starts.contains(Self.start(of: variable))
  }

  private static func start(of bytes: some Collection<UInt8>) -> UInt16 {
    bytes.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
  }
}
