// Numbers and fields in the kernel's text files, read from bytes: no String is made of hostile input
// before it is known to be a number.

extension UInt8 {
  /// The value of a hexadecimal digit.
  @inlinable public var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension FixedWidthInteger {
  /// A decimal number without sign or space; `nil` for anything else and for one that does not fit.
  @inlinable public init?(ascii bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty else { return nil }
    var value: Self = 0
    for byte in bytes {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Self(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    self = value
  }
}

extension [UInt8] {
  /// Hands out each line that is not empty, in place: thousands of files are read this way in one run.
  @inlinable public func forEachLine<Failure: Error>(
    _ body: (Slice<UnsafeBufferPointer<UInt8>>) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachPart(between: UInt8(ascii: "\n"), body)
  }

  /// Hands out each part that is not empty, in place.
  @inlinable public func forEachPart<Failure: Error>(
    between separator: UInt8, _ body: (Slice<UnsafeBufferPointer<UInt8>>) throws(Failure) -> Void
  ) throws(Failure) {
    try withUnsafeBufferPointer { bytes throws(Failure) in
      var rest = bytes[...]
      while !rest.isEmpty {
        let end = rest.firstIndex(of: separator) ?? rest.endIndex
        if end > rest.startIndex { try body(rest[..<end]) }
        rest = rest[Swift.min(end + 1, rest.endIndex)...]
      }
    }
  }
}

extension BidirectionalCollection<UInt8> where SubSequence == Self {
  /// Without the spaces and tabs at both ends.
  @inlinable public var trimmingSpaces: Self {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
    else { return self[startIndex..<startIndex] }
    return self[first...last]
  }

  /// What a line that begins with `name` says, without the spaces around it; `nil` for any other line.
  @inlinable public func value(of name: StaticString) -> Self? {
    guard name.withUTF8Buffer({ starts(with: $0) }) else { return nil }
    return dropFirst(name.utf8CodeUnitCount).trimmingSpaces
  }
}
