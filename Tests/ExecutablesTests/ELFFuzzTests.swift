import TestSupport
import Testing

@testable import Executables
@testable import Processes

/// Executables that somebody has damaged, or made to do harm. A trap would end the tests.
@Suite("A damaged executable")
struct ELFFuzzTests {
  static let samples = [
    ELFSample().bytes, ELFSample(machine: 183, kind: 3).bytes,
    ELFSample(symbols: [ELFSample.Symbol(name: "PlaceOS::Driver::trace")]).bytes,
  ]

  /// Reads it, as it is and with a cache that believes in it, and holds what it says against its own words.
  static func check(_ bytes: [UInt8], hint: TraceFlagSymbol) {
    guard let read = try? ELFSample.read(bytes) else { return }
    if let flag = read.traceFlag {
      #expect(read.segments.contains { $0.isWritable && $0.contains(flag.address, size: 1) })
      #expect(read.hasPlaceOSNamespace)
    }
    let entry = SymbolCache.Entry(identity: read.identity, traceFlag: hint)
    guard let cached = try? ELFSample.read(bytes, entry: entry) else { return }
    if cached.traceFlag == hint, read.traceFlagProblem == nil {
      #expect(read.traceFlag?.address == hint.address)
    } else {
      #expect(cached == read)
    }
  }

  @Test("cut off anywhere is refused")
  func cut() {
    for sample in Self.samples {
      for length in 0..<sample.count {
        #expect(throws: HostError.self) { try ELFSample.read(Array(sample[..<length])) }
      }
    }
  }

  @Test("with any extreme number at any place never makes the reader fail")
  func extremes() throws {
    for sample in Self.samples {
      let hint = try #require(try ELFSample.read(sample).traceFlag)
      let size = UInt64(sample.count)
      let numbers: [UInt64] = [
        0, 1, 23, 24, 64, size - 1, size, size + 1, 1 << 31, 1 << 32, 1 << 63, .max - 63, .max - 1, .max,
      ]
      for offset in stride(from: 0, to: sample.count - 8, by: 2) {
        for number in numbers {
          Self.check(sample.replacing(at: offset, with: le(number)), hint: hint)
        }
        Self.check(sample.replacing(at: offset, with: le(UInt16.max)), hint: hint)
        Self.check(sample.replacing(at: offset, with: le(UInt32.max)), hint: hint)
      }
    }
  }

  @Test("at random never makes the reader fail, and is never read outside of its data")
  func random() throws {
    var numbers = SeededNumbers(seed: 20_261_122)
    for sample in Self.samples {
      let hint = try #require(try ELFSample.read(sample).traceFlag)
      for _ in 0..<3000 {
        var bytes = sample
        for _ in 0..<Int.random(in: 1...6, using: &numbers) {
          let offset = Int.random(in: 0..<bytes.count, using: &numbers)
          switch Int.random(in: 0..<4, using: &numbers) {
          case 0: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
          case 1: bytes[offset] = UInt8.random(in: 0...255, using: &numbers)
          case 2:
            let from = Int.random(in: 0..<bytes.count, using: &numbers)
            let count = min(8, bytes.count - max(from, offset))
            bytes.replaceSubrange(offset..<(offset + count), with: Array(bytes[from..<(from + count)]))
          default: bytes.removeLast(Int.random(in: 0...min(3, bytes.count - 1), using: &numbers))
          }
          if bytes.isEmpty { break }
        }
        Self.check(bytes, hint: hint)
      }
    }
  }
}
