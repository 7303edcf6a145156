/// Takes bytes as they come from a file of Docker's `local` driver, and hands out messages. Each stands
/// between two numbers of four bytes, the most significant first, both of which are its length.
struct FrameSplitter: Sendable {
  static let lengthBytes = 4
  /// Docker splits lines into pieces of 16 KiB; a plugin may not.
  static let limitBytes = 8 << 20

  /// The start of an incomplete frame.
  private var carry: [UInt8] = []
  /// How many bytes the complete frames had so far.
  private(set) var wholeBytes: Int64 = 0

  /// Hands out the messages that end in `bytes`.
  ///
  /// - Returns: `false` if the file is damaged: the rest cannot be told apart.
  mutating func take(_ bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) -> Bool {
    var rest = bytes
    if !carry.isEmpty {
      carry += bytes
      rest = carry[...]
    }
    while let length = Self.length(rest) {
      guard length <= Self.limitBytes else { return false }
      guard rest.count >= length + 2 * Self.lengthBytes else { break }
      let message = rest.dropFirst(Self.lengthBytes).prefix(length)
      guard Self.length(rest[message.endIndex...]) == length else { return false }
      body(message)
      wholeBytes += Int64(length + 2 * Self.lengthBytes)
      rest = rest[(message.endIndex + Self.lengthBytes)...]
    }
    carry = Array(rest)
    return true
  }

  /// Forgets the rest.
  mutating func clear() { carry.removeAll() }

  /// The number that the bytes begin with; `nil` if there are too few.
  static func length(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= lengthBytes else { return nil }
    return bytes.prefix(lengthBytes).reduce(0) { $0 << 8 | Int($1) }
  }
}
