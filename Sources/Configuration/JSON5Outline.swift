import Text

/// Where things stand in a JSON5 text: its values, by line, without what they mean.
///
/// The decoder of the values says which key it did not like, and never on which line it stands; nor does it mind
/// a key that is there twice. Both are told from here. (https://spec.json5.org)
struct JSON5Outline: Hashable, Sendable {
  /// A key of an object, or the number of a value in an array.
  enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  /// What is wrong with the text itself.
  struct Flaw: Error, Hashable, Sendable {
    /// Counted from 1.
    let line: Int
    /// The way to the innermost value around it.
    let path: [Step]
    let expected: String
  }

  /// The line on which each key stands and, of a value in an array or of the whole text, the value.
  private(set) var lines: [[Step]: Int] = [:]

  /// How deep values may be in one another.
  static let depthLimit = 32

  init(parsing bytes: [UInt8]) throws(Flaw) {
    var scanner = JSON5Scanner(bytes)
    try scanner.skipSpace()
    lines[[]] = scanner.line
    try readValue(&scanner, at: [])
    try scanner.skipSpace()
    guard scanner.next == nil else { throw scanner.flaw([], "nothing behind the value") }
  }

  /// The line of the value at `path` or, where it is not in the text, of the innermost one around it.
  func line(of path: [Step]) -> Int {
    var path = path
    while true {
      if let line = lines[path] { return line }
      guard path.popLast() != nil else { return 1 }
    }
  }

  private mutating func readValue(_ scanner: inout JSON5Scanner, at path: [Step]) throws(Flaw) {
    switch scanner.next {
    case UInt8(ascii: "{"): try readObject(&scanner, at: path)
    case UInt8(ascii: "["): try readArray(&scanner, at: path)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = try scanner.readString(path)
    default: try scanner.skipWord(path)
    }
  }

  private mutating func readObject(_ scanner: inout JSON5Scanner, at path: [Step]) throws(Flaw) {
    try enter(&scanner, path)
    while true {
      try scanner.skipSpace()
      if scanner.take("}") { return }
      let line = scanner.line
      let key = try scanner.readKey(path)
      let keyPath = path + [.key(key)]
      if let first = lines[keyPath] {
        throw Flaw(line: line, path: keyPath, expected: "a key once; it is in line \(first) already")
      }
      lines[keyPath] = line
      try scanner.skipSpace()
      guard scanner.take(":") else { throw scanner.flaw(keyPath, "':' behind the key") }
      try scanner.skipSpace()
      try readValue(&scanner, at: keyPath)
      try scanner.skipSpace()
      if scanner.take(",") { continue }
      guard scanner.take("}") else { throw scanner.flaw(keyPath, "',' or '}' behind the value") }
      return
    }
  }

  private mutating func readArray(_ scanner: inout JSON5Scanner, at path: [Step]) throws(Flaw) {
    try enter(&scanner, path)
    var index = 0
    while true {
      try scanner.skipSpace()
      if scanner.take("]") { return }
      let itemPath = path + [.index(index)]
      lines[itemPath] = scanner.line
      try readValue(&scanner, at: itemPath)
      index += 1
      try scanner.skipSpace()
      if scanner.take(",") { continue }
      guard scanner.take("]") else { throw scanner.flaw(itemPath, "',' or ']' behind the value") }
      return
    }
  }

  private func enter(_ scanner: inout JSON5Scanner, _ path: [Step]) throws(Flaw) {
    guard path.count < Self.depthLimit else {
      throw scanner.flaw(path, "at most \(Self.depthLimit) values in one another")
    }
    scanner.advance()
  }
}

extension [JSON5Outline.Step] {
  /// As a person writes it: `services[0].name`.
  var text: String {
    reduce(into: "") { text, step in
      switch step {
      case .key(let key): text += text.isEmpty ? key : "." + key
      case .index(let index): text += "[\(index)]"
      }
    }
  }
}
