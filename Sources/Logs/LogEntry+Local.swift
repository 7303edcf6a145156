import Text

extension LogEntry {
  /// The numbers of the fields that are used.
  private enum Field {
    static let source: UInt64 = 1
    static let timeNs: UInt64 = 2
    static let line: UInt64 = 3
    static let isPartial: UInt64 = 4
    static let part: UInt64 = 5
    /// Within `part`.
    static let isLast: UInt64 = 1
  }

  /// A message of Docker's `local` driver, a protocol buffer (moby, `logdriver/entry.proto`):
  ///
  /// ```
  /// message LogEntry {
  ///   string source = 1;      // "stdout", "stderr"
  ///   int64 time_nano = 2;
  ///   bytes line = 3;         // without its line feed
  ///   bool partial = 4;       // a piece of a longer line
  ///   PartialLogEntryMetadata partial_log_metadata = 5;  // bool last = 1; …
  /// }
  /// ```
  /// - Returns: `nil` for anything else.
  static func local(_ raw: UnsafeRawBufferPointer) -> (entry: LogEntry, line: UnsafeRawBufferPointer)? {
    var reader = ProtocolBuffer(rest: raw)
    var source: UnsafeRawBufferPointer?
    var timeNs: UInt64?
    var line = UnsafeRawBufferPointer(rebasing: raw[..<0])
    var (isPartial, isLast) = (false, false)
    while !reader.rest.isEmpty {
      guard let (number, value) = reader.field() else { return nil }
      switch (number, value) {
      case (Field.source, .bytes(let bytes)): source = bytes
      case (Field.timeNs, .number(let number)): timeNs = number
      case (Field.line, .bytes(let bytes)): line = bytes
      case (Field.isPartial, .number(let number)): isPartial = number != 0
      case (Field.part, .bytes(let bytes)):
        guard let flag = isLastPart(bytes) else { return nil }
        isLast = flag
      // From a later version.
      default: continue
      }
    }
    guard let source, let timeNs, let nanoseconds = Int64(exactly: timeNs) else { return nil }
    let isStandardOutput = source.elementsEqual("stdout".utf8)
    guard isStandardOutput || source.elementsEqual("stderr".utf8) else { return nil }
    return (
      LogEntry(
        time: LogTime(wall: WallTime(nanoseconds: nanoseconds), step: .nanoseconds(1)),
        isStandardOutput: isStandardOutput, endsLine: !isPartial || isLast), line
    )
  }

  private static func isLastPart(_ message: UnsafeRawBufferPointer) -> Bool? {
    var reader = ProtocolBuffer(rest: message)
    var isLast = false
    while !reader.rest.isEmpty {
      guard let (number, value) = reader.field() else { return nil }
      if number == Field.isLast, case .number(let flag) = value { isLast = flag != 0 }
    }
    return isLast
  }
}

/// Reads a message's fields in order; protobuf.dev, "Encoding".
private struct ProtocolBuffer {
  enum Value {
    case number(UInt64)
    case bytes(UnsafeRawBufferPointer)
  }

  var rest: UnsafeRawBufferPointer

  /// The next field: its number and its value; `nil` if the message is damaged.
  mutating func field() -> (UInt64, Value)? {
    guard let key = number(), key >> 3 > 0 else { return nil }
    switch key & 7 {
    case 0: return number().map { (key >> 3, .number($0)) }
    case 1: return take(8).map { (key >> 3, .bytes($0)) }
    case 2: return number().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map { (key >> 3, .bytes($0)) }
    case 5: return take(4).map { (key >> 3, .bytes($0)) }
    default: return nil
    }
  }

  private mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count <= rest.count else { return nil }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
    return UnsafeRawBufferPointer(rebasing: rest[..<count])
  }

  /// Seven bits a byte, the lowest first; the eighth says that more follow.
  private mutating func number() -> UInt64? {
    var number: UInt64 = 0
    for (index, byte) in rest.prefix(10).enumerated() {
      number |= UInt64(byte & 0x7F) << (7 * UInt64(index))
      guard byte & 0x80 == 0 else { continue }
      guard index < 9 || byte <= 1 else { return nil }
      rest = UnsafeRawBufferPointer(rebasing: rest[(index + 1)...])
      return number
    }
    return nil
  }
}
