/// An object of which every key must be known, and every value as its key demands.
struct KnownKeys<Key: CodingKey & CaseIterable & Hashable> {
  private let values: KeyedDecodingContainer<Key>
  private let path: [any CodingKey]

  init(_ decoder: any Decoder, _: Key.Type) throws {
    path = decoder.codingPath
    let words: KeyedDecodingContainer<AnyKey>
    do {
      words = try decoder.container(keyedBy: AnyKey.self)
    } catch {
      throw Misfit(at: decoder.codingPath, expected: "an object: { … }")
    }
    let known = Key.allCases.map(\.stringValue)
    // In one order, whatever the one of a dictionary is.
    for key in words.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
      guard !known.contains(key.stringValue) else { continue }
      throw Misfit(
        at: decoder.codingPath + [key], expected: "one of the keys \(known.joined(separator: ", "))")
    }
    values = try decoder.container(keyedBy: Key.self)
  }

  /// The value of a key, made of what is decoded; `nil` where there is no such key.
  ///
  /// - Parameters:
  ///   - expected: what the value must be, for a person.
  ///   - make: gives `nil` for what it must not be.
  func value<Raw: Decodable, Value>(
    _ key: Key, expected: String, _ make: (Raw) -> Value?
  ) throws -> Value? {
    guard values.contains(key) else { return nil }
    let raw: Raw
    do {
      raw = try values.decode(Raw.self, forKey: key)
    } catch let misfit as Misfit {
      throw misfit
    } catch {
      throw Misfit(at: path + [key], expected: expected)
    }
    guard let value = make(raw) else { throw Misfit(at: path + [key], expected: expected) }
    return value
  }

  /// What must be there.
  func required<Value>(_ value: Value?, _ key: Key, expected: String) throws -> Value {
    guard let value else { throw Misfit(at: path, expected: "the key \(key.stringValue): \(expected)") }
    return value
  }

  /// Each of a list of texts, made of what stands there; an empty list where there is no such key.
  func list<Value>(_ key: Key, expected: String, _ make: (String) -> Value?) throws -> [Value] {
    guard values.contains(key) else { return [] }
    var items: any UnkeyedDecodingContainer
    do {
      items = try values.nestedUnkeyedContainer(forKey: key)
    } catch {
      throw Misfit(at: path + [key], expected: "a list: [ … ]")
    }
    var list: [Value] = []
    while !items.isAtEnd {
      let itemPath = path + [key, AnyKey(index: items.currentIndex)]
      guard let text = try? items.decode(String.self), let value = make(text) else {
        throw Misfit(at: itemPath, expected: expected)
      }
      list.append(value)
    }
    return list
  }

  func misfit(_ key: Key, _ expected: String) -> Misfit { Misfit(at: path + [key], expected: expected) }
}

/// A key of any name.
struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(index: Int) {
    stringValue = "\(index)"
    intValue = index
  }

  init?(intValue: Int) { self.init(index: intValue) }
}
