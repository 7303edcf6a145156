import Text

/// A value of a JSON5 text, with its place, so that an error can name it.
///
/// A repeated key in an object is refused. (https://spec.json5.org)
struct JSON5Value: Hashable, Sendable {
  enum Content: Hashable, Sendable {
    case object([String: JSON5Value])
    case array([JSON5Value])
    case string(String)
    /// A number, `true`, `false`, `null`, or something that looks like one and is not.
    case word(String)
  }

  /// The line of its key or, for a value in an array and for the whole text, of the value; counted from 1.
  let line: Int
  /// Where it is, as a person writes it: `services[0].name`; empty for the whole text.
  let key: String
  let content: Content

  /// How deep values may be nested.
  static let depthLimit = 32

  init(parsing bytes: [UInt8]) throws(ConfigurationFlaw) {
    var scanner = JSON5Scanner(bytes)
    try scanner.skipSpace()
    self = try Self.read(&scanner, key: "", line: scanner.line, depth: 0)
    try scanner.skipSpace()
    guard scanner.next == nil else { throw scanner.flaw("", "nothing behind the value") }
  }

  private init(line: Int, key: String, content: Content) {
    (self.line, self.key, self.content) = (line, key, content)
  }

  // MARK: what it is

  func flaw(_ expected: String) -> ConfigurationFlaw {
    ConfigurationFlaw(line: line, key: key, expected: expected)
  }

  var isNull: Bool { content == .word("null") }

  var string: String? { if case .string(let text) = content { text } else { nil } }

  /// A number without a fraction and not below 0, in any form that JSON5 has for it.
  var wholeNumber: UInt64? {
    guard case .word(let word) = content else { return nil }
    let digits = word.hasPrefix("+") ? word.dropFirst() : word[...]
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") { return UInt64(digits.dropFirst(2), radix: 16) }
    if digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      // No leading zeros: elsewhere they mean an octal number.
      return digits.count > 1 && digits.hasPrefix("0") ? nil : UInt64(digits)
    }
    return Double(digits).flatMap { UInt64(exactly: $0) }
  }

  /// The values in an array.
  func items() throws(ConfigurationFlaw) -> [JSON5Value] {
    guard case .array(let items) = content else { throw flaw("a list: [ … ]") }
    return items
  }

  /// The object that it is; unknown keys are errors.
  func object(of known: [String]) throws(ConfigurationFlaw) -> JSON5Object {
    guard case .object(let members) = content else { throw flaw("an object: { … }") }
    let unknown = members.filter { !known.contains($0.key) }.values
    if let first = unknown.min(by: { ($0.line, $0.key) < ($1.line, $1.key) }) {
      throw first.flaw("one of the keys \(known.joined(separator: ", "))")
    }
    return JSON5Object(value: self, members: members)
  }

  // MARK: reading

  private static func read(
    _ scanner: inout JSON5Scanner, key: String, line: Int, depth: Int
  ) throws(ConfigurationFlaw) -> JSON5Value {
    let content: Content
    switch scanner.next {
    case UInt8(ascii: "{"): content = .object(try readObject(&scanner, key, depth))
    case UInt8(ascii: "["): content = .array(try readArray(&scanner, key, depth))
    case UInt8(ascii: "\""), UInt8(ascii: "'"): content = .string(try scanner.readString(key))
    default: content = .word(try scanner.readWord(key))
    }
    return JSON5Value(line: line, key: key, content: content)
  }

  private static func readObject(
    _ scanner: inout JSON5Scanner, _ key: String, _ depth: Int
  ) throws(ConfigurationFlaw) -> [String: JSON5Value] {
    try enter(&scanner, key, depth)
    var members: [String: JSON5Value] = [:]
    while true {
      try scanner.skipSpace()
      if scanner.take("}") { return members }
      let line = scanner.line
      let name = try scanner.readKey(key)
      let memberKey = key.isEmpty ? name : key + "." + name
      if let first = members[name] {
        throw ConfigurationFlaw(
          line: line, key: memberKey, expected: "a key once; it is in line \(first.line) already")
      }
      try scanner.skipSpace()
      guard scanner.take(":") else { throw scanner.flaw(memberKey, "':' behind the key") }
      try scanner.skipSpace()
      members[name] = try read(&scanner, key: memberKey, line: line, depth: depth + 1)
      try scanner.skipSpace()
      if scanner.take(",") { continue }
      guard scanner.take("}") else { throw scanner.flaw(memberKey, "',' or '}' behind the value") }
      return members
    }
  }

  private static func readArray(
    _ scanner: inout JSON5Scanner, _ key: String, _ depth: Int
  ) throws(ConfigurationFlaw) -> [JSON5Value] {
    try enter(&scanner, key, depth)
    var items: [JSON5Value] = []
    while true {
      try scanner.skipSpace()
      if scanner.take("]") { return items }
      let itemKey = "\(key)[\(items.count)]"
      items.append(try read(&scanner, key: itemKey, line: scanner.line, depth: depth + 1))
      try scanner.skipSpace()
      if scanner.take(",") { continue }
      guard scanner.take("]") else { throw scanner.flaw(itemKey, "',' or ']' behind the value") }
      return items
    }
  }

  private static func enter(
    _ scanner: inout JSON5Scanner, _ key: String, _ depth: Int
  ) throws(ConfigurationFlaw) {
    guard depth < depthLimit else { throw scanner.flaw(key, "at most \(depthLimit) nested values") }
    scanner.advance()
  }
}

/// An object whose keys are all known.
struct JSON5Object {
  /// The object itself.
  let value: JSON5Value
  let members: [String: JSON5Value]

  /// `make` of a key's value; `nil` if the key is missing.
  ///
  /// - Parameters:
  ///   - expected: what the value must be, for a person.
  ///   - make: gives `nil` for an invalid value.
  func value<Made>(
    _ key: String, expected: String, _ make: (JSON5Value) -> Made?
  ) throws(ConfigurationFlaw) -> Made? {
    guard let value = members[key] else { return nil }
    guard let made = make(value) else { throw value.flaw(expected) }
    return made
  }

  /// A required value.
  func required<Made>(_ made: Made?, _ key: String, expected: String) throws(ConfigurationFlaw) -> Made {
    guard let made else { throw value.flaw("the key \(key): \(expected)") }
    return made
  }

  /// What is wrong with a key's value.
  func flaw(_ key: String, _ expected: String) -> ConfigurationFlaw {
    (members[key] ?? value).flaw(expected)
  }

  /// The strings of a list, each of which must be `isValid`; an empty list if the key is missing.
  func texts(
    _ key: String, expected: String, where isValid: (String) -> Bool
  ) throws(ConfigurationFlaw) -> [JSON5Value] {
    guard let items = try members[key]?.items() else { return [] }
    for item in items where !(item.string.map(isValid) ?? false) { throw item.flaw(expected) }
    return items
  }
}
