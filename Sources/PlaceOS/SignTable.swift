/// Finds which of many words are in a line, in one pass over its bytes. Most lines of a log have none.
public struct SignTable: Sendable {
  private let signs: [[UInt8]]
  /// A bit for each pair of bytes that a sign begins with.
  private var beginnings = [UInt64](repeating: 0, count: 1 << 10)
  private var candidates: [UInt16: [Int]] = [:]

  /// - Parameter signs: at least two bytes each; shorter ones are never found.
  public init(_ signs: [String]) {
    self.signs = signs.map { Array($0.utf8) }
    for (index, sign) in self.signs.enumerated() where sign.count >= 2 {
      let pair = UInt16(sign[0]) << 8 | UInt16(sign[1])
      beginnings[Int(pair >> 6)] |= 1 << UInt64(pair & 63)
      candidates[pair, default: []].append(index)
    }
  }

  /// The numbers of the signs that occur in the bytes.
  public func found(in line: UnsafeRawBufferPointer) -> Set<Int> {
    var found: Set<Int> = []
    guard line.count >= 2 else { return found }
    beginnings.withUnsafeBufferPointer { beginnings in
      var pair = UInt16(line[0])
      for offset in 1..<line.count {
        pair = pair << 8 | UInt16(line[offset])
        guard beginnings[Int(pair >> 6)] >> UInt64(pair & 63) & 1 == 1 else { continue }
        for index in candidates[pair] ?? [] {
          let sign = signs[index]
          let start = offset - 1
          guard start + sign.count <= line.count else { continue }
          let part = UnsafeRawBufferPointer(rebasing: line[start..<(start + sign.count)])
          if part.elementsEqual(sign) { found.insert(index) }
        }
      }
    }
    return found
  }
}
