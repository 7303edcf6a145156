/// Takes passwords out of text that is to be shown.
public enum Redaction {
  public static let mark = "***"

  /// The text without the credentials of URLs, without what stands behind words such as `password=`, and without
  /// `secrets` wherever they stand.
  public static func redacted(_ text: String, secrets: Set<String> = []) -> String {
    var text = text
    // The longest first: one may be the beginning of another.
    for secret in secrets.sorted(by: { $0.count > $1.count }) where secret.count >= 3 {
      text.replace(secret, with: mark)
    }
    return withoutNamed(withoutCredentials(text))
  }

  /// The secrets of an environment: the passwords in its URLs, and values of variables that are called so.
  public static func secrets(in environment: [String: String]) -> Set<String> {
    var secrets: Set<String> = []
    for (name, value) in environment {
      let name = name.lowercased()
      if names.contains(where: { name.contains($0) }) { secrets.insert(value) }
      guard let scheme = value.firstRange(of: "://"), let at = value.lastIndex(of: "@"),
        scheme.upperBound <= at
      else { continue }
      let credentials = value[scheme.upperBound..<at]
      secrets.insert(String(credentials))
      if let colon = credentials.firstIndex(of: ":") {
        secrets.insert(String(credentials[credentials.index(after: colon)...]))
      }
    }
    return secrets.filter { !$0.isEmpty }
  }

  private static let names = ["password", "passwd", "secret", "token", "api_key", "apikey", "pwd"]
  private static let ends: Set<Character> = [" ", "\t", "\n", "\"", "'", "`", "<", ">", "|"]

  private static func withoutCredentials(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let scheme = rest.firstRange(of: "://") {
      result += rest[..<scheme.upperBound]
      rest = rest[scheme.upperBound...]
      let word = rest.prefix { !ends.contains($0) }
      if let at = word.lastIndex(of: "@") {
        result += mark
        rest = rest[at...]
      } else if let colon = word.prefix(while: { $0 != "/" && $0 != "[" }).firstIndex(of: ":"),
        let first = word[colon...].dropFirst().first, !first.isNumber
      {
        // `USER:PASSWORD` that a space or a quote has cut off.
        result += mark
        rest = rest[word.endIndex...]
        if let at = rest.firstIndex(of: "@") { rest = rest[at...] }
      }
    }
    return result + rest
  }

  private static func withoutNamed(_ text: String) -> String {
    var result = text
    for name in names {
      var done = ""
      var rest = result[...]
      while let found = rest.lowercased().firstRange(of: name) {
        // Offsets are counted: a character that changes its length in lower case would move indices.
        let lower = rest.lowercased()
        let offset = lower.distance(from: lower.startIndex, to: found.upperBound)
        guard let behind = rest.index(rest.startIndex, offsetBy: offset, limitedBy: rest.endIndex) else {
          break
        }
        done += rest[..<behind]
        rest = rest[behind...]
        let mark = rest.prefix { "\"'=: >\\".contains($0) }
        guard mark.contains("=") || mark.contains(":") else { continue }
        done += mark
        rest = rest[mark.endIndex...]
        let isQuoted = mark.last == "\"" || mark.last == "'"
        let value = rest.prefix { isQuoted ? $0 != mark.last : !" \t\n\"'&,;)".contains($0) }
        if !value.isEmpty { done += Self.mark }
        rest = rest[value.endIndex...]
      }
      result = done + rest
    }
    return result
  }
}
