/// The CRC-32 of ISO 3309 (that of Ethernet, gzip and PNG): finds every error within 32 consecutive bits, so
/// every changed byte. It protects from accidents, not from people.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  static func value(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { value, byte in
      table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ (value >> 8)
    }
  }

  /// Eight lower-case hexadecimal digits.
  static func hexadecimal(of bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    let value = value(of: bytes)
    return (0..<8).map { digits[Int(value >> (28 - 4 * UInt32($0)) & 15)] }
  }
}
