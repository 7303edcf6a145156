import TestSupport

@testable import Text

/// Makes hostile bytes out of good ones; the same from the same seed.
struct Mutator {
  private var numbers: SeededNumbers
  /// Inputs do not grow beyond this.
  private let limitBytes = 8 << 10

  init(seed: UInt64) { numbers = SeededNumbers(seed: seed) }

  /// One of the samples with one to six changes.
  mutating func next(from samples: [[UInt8]]) -> [UInt8] {
    var bytes = samples[below(samples.count)]
    for _ in 0...below(6) { change(&bytes, samples) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ samples: [[UInt8]]) {
    guard !bytes.isEmpty else {
      bytes = samples[below(samples.count)]
      return
    }
    let at = below(bytes.count)
    switch below(10) {
    case 0: bytes[at] ^= 1 << UInt8(below(8))
    case 1: bytes[at] = UInt8(below(256))
    case 2: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(16)))
    case 3: bytes.removeSubrange(at...)
    case 4: insert(chunk(of: bytes), into: &bytes)
    case 5: insert(chunk(of: samples[below(samples.count)]), into: &bytes)
    case 6:
      let moved = chunk(of: bytes)
      bytes.removeSubrange(at..<min(bytes.count, at + moved.count))
      insert(moved, into: &bytes)
    case 7: spoilNumber(in: &bytes, near: at)
    case 8: overwrite(&bytes, at: at)
    default: insert([Self.marks[below(Self.marks.count)]], into: &bytes)
    }
  }

  /// What separates, ends or escapes something in one of the formats.
  private static let marks = Array("\0\n\r\t ()[]{}:,\"\\/-=".utf8) + [0x7F, 0x80, 0xC3, 0xED, 0xFF]

  /// Digits get more than any type holds, or something about its end.
  private mutating func spoilNumber(in bytes: inout [UInt8], near: Int) {
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let start = bytes[near...].firstIndex(where: isDigit) ?? bytes.firstIndex(where: isDigit)
    else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    let numbers = [
      "0", "-1", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
      "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "1e400", "0.5",
    ]
    bytes.replaceSubrange(start..<end, with: Array(numbers[below(numbers.count)].utf8))
  }

  /// A binary number of 2, 4 or 8 bytes.
  private mutating func overwrite(_ bytes: inout [UInt8], at: Int) {
    let numbers: [UInt64] = [0, 1, UInt64(bytes.count), 1 << 31, 1 << 32, 1 << 63, .max - 63, .max]
    let number = numbers[below(numbers.count)]
    for place in 0..<[2, 4, 8][below(3)] where at + place < bytes.count {
      bytes[at + place] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(place)))
    }
  }

  private mutating func chunk(of bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    let start = below(bytes.count)
    return Array(bytes[start..<min(bytes.count, start + 1 + below(64))])
  }

  private mutating func insert(_ chunk: [UInt8], into bytes: inout [UInt8]) {
    guard bytes.count + chunk.count <= limitBytes else { return }
    bytes.insert(contentsOf: chunk, at: below(bytes.count + 1))
  }

  private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &numbers) }
}
