import FoundationEssentials
import SystemPackage
import TestSupport

@testable import Ledger
@testable import Text

/// The files of the state directory, and the history.
enum StateFiles {
  static func state(_ bytes: [UInt8]) throws {
    try document(
      bytes, parse: { try LedgerState(parsing: $0, path: "state.json") },
      write: { try $0.fileBytes(path: "state.json") })
  }

  static func revertRun(_ bytes: [UInt8]) throws {
    try plain(
      bytes, parse: { try RevertRun(parsing: $0, path: "revert.json") },
      write: { try $0.fileBytes(path: "revert.json") })
  }

  static func figures(_ bytes: [UInt8]) throws {
    try plain(
      bytes, parse: { try WriteFigures(parsing: $0, path: "figures.json") },
      write: { try $0.fileBytes(path: "figures.json") })
  }

  /// A file without a checksum: what is read is what is written.
  private static func plain<Value: Equatable>(
    _ bytes: [UInt8], parse: ([UInt8]) throws -> Value, write: (Value) throws -> [UInt8]
  ) throws {
    guard let value = accepted({ try parse(bytes) }) else { return }
    guard let written = accepted({ try write(value) }) else {
      throw Violation(description: "document: what was read cannot be written")
    }
    try require(accepted { try parse(written) } == value, "document: written again, it differs")
  }

  /// Takes the bytes as they are, and with a checksum that fits: nobody guesses one.
  private static func document<Value: Equatable>(
    _ bytes: [UInt8], parse: ([UInt8]) throws -> Value, write: (Value) throws -> [UInt8]
  ) throws {
    for bytes in [bytes, sealed(bytes)].compactMap({ $0 }) {
      guard let value = accepted({ try parse(bytes) }) else { continue }
      guard let written = accepted({ try write(value) }) else {
        throw Violation(description: "document: what was read cannot be written")
      }
      try require(accepted { try parse(written) } == value, "document: written again, it differs")
      for changed in changes(of: bytes) {
        if let other = accepted({ try parse(changed) }) {
          try require(other == value, "document: with one byte changed it says something else")
        }
      }
    }
  }

  /// A few of all that differ in one byte; which, the bytes decide.
  private static func changes(of bytes: [UInt8]) -> [[UInt8]] {
    var numbers = SeededNumbers(seed: UInt64(CRC32.value(of: bytes)))
    return (0..<8).map { _ in
      var changed = bytes
      changed[Int.random(in: 0..<bytes.count, using: &numbers)] ^= UInt8.random(in: 1...255, using: &numbers)
      return changed
    }
  }

  private static func sealed(_ bytes: [UInt8]) -> [UInt8]? {
    let marker = Array(#""checksum" : "crc32:"#.utf8)
    guard bytes.count >= marker.count + 8,
      let start = (0...(bytes.count - marker.count - 8)).first(where: { bytes[$0...].starts(with: marker) })
    else { return nil }
    let digits = (start + marker.count)..<(start + marker.count + 8)
    var sealed = bytes
    sealed.replaceSubrange(digits, with: repeatElement(UInt8(ascii: "0"), count: 8))
    sealed.replaceSubrange(digits, with: CRC32.hexadecimal(of: sealed))
    return sealed
  }

  static func historyName(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let name = HistoryFileName(parsing: text, base: "history.jsonl") else { return }
    try require(text.hasPrefix("history"), "history: a file of something else")
    try require(!text.contains("/"), "history: a file elsewhere")
    try require(name.compression != nil || name.plain == text, "history: a plain file with another name")
  }

  static func history(_ bytes: [UInt8]) throws {
    var lines: [[UInt8]] = []
    var splitter = LineSplitter(limitBytes: 1 << 20)
    // In pieces of a size that the first byte gives, as they may come out of a pipe.
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 + Int(bytes[0] & 63))
      splitter.take(piece) { lines.append(Array($0)) }
      rest = rest.dropFirst(piece.count)
    }
    splitter.finish { lines.append(Array($0)) }
    try require(
      lines.filter { !$0.isEmpty } == bytes.split(separator: 0x0A).map { Array($0) },
      "history: a line is not as it was written")
    for entry in lines.compactMap({ History.entry(in: $0[...]) }) {
      guard let line = accepted({ try JSONEncoder().encode(entry) }) else {
        throw Violation(description: "history: what was read cannot be written")
      }
      try require(
        accepted { try JSONDecoder().decode(HistoryEntry.self, from: line) } == entry,
        "history: written again, it differs")
    }
  }
}
