/// Takes passwords out of text that is to be shown.
public enum Redaction {
  public static let mark = "***"

  /// The text without the credentials of URLs, the words after `password=` and the like, and `secrets`
  /// wherever they occur.
  public static func redacted(_ text: String, secrets: Set<String> = []) -> String {
    var text = text
    // The longest first: one may be a prefix of another.
    for secret in secrets.sorted(by: { $0.count > $1.count }) where secret.count >= 3 {
      text.replace(secret, with: mark)
    }
    return withoutNamed(withoutCommands(withoutCredentials(text)))
  }

  /// The secrets of an environment: the passwords in its URLs, and the values of variables with such names.
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
        let password = String(credentials[credentials.index(after: colon)...])
        secrets.insert(password)
        // What the service makes of it: `p%40ss` is used as `p@ss`.
        secrets.insert(decoded(password))
      }
    }
    return secrets.filter { !$0.isEmpty }
  }

  private static let names = [
    "password", "passwd", "passphrase", "secret", "token", "api_key", "apikey", "pwd", "auth",
  ]
  private static let ends: Set<Character> = [" ", "\t", "\n", "\"", "'", "`", "<", ">", "|"]

  /// What a URL's `%40` and the like stand for.
  private static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Redis's `AUTH PASSWORD` and `AUTH USER PASSWORD`.
  private static func withoutCommands(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let found = rest.firstRange(of: "AUTH ") {
      let isWord = found.lowerBound == rest.startIndex || !rest[rest.index(before: found.lowerBound)].isLetter
      result += rest[..<found.upperBound]
      rest = rest[found.upperBound...]
      guard isWord else { continue }
      for _ in 0..<2 {
        let word = rest.prefix { !ends.contains($0) }
        // Known secrets are already gone.
        guard !word.isEmpty, word != mark else { break }
        result += mark
        rest = rest[word.endIndex...]
        guard rest.first == " " else { break }
        result += " "
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }

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
        // Offsets are counted: a character whose length changes in lower case would shift indices.
        let lower = rest.lowercased()
        let offset = lower.distance(from: lower.startIndex, to: found.upperBound)
        guard let behind = rest.index(rest.startIndex, offsetBy: offset, limitedBy: rest.endIndex) else {
          break
        }
        done += rest[..<behind]
        rest = rest[behind...]
        let mark = rest.prefix { "\"'=: >\\".contains($0) }
        // "auth" is also a PlaceOS service.
        guard mark.contains("=") || mark.contains(":") && name != "auth" else { continue }
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
