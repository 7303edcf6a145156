import SystemPackage
import Testing

/// A short run of what scripts/fuzz does for as long as one likes.
@Suite("A parser")
struct FuzzTests {
  /// For each parser; the tests take some seconds in the debug configuration.
  static let rounds = 2000

  let corpus = Corpus(folder: FilePath(#filePath).removingLastComponent().appending("Corpus"))

  @Test("keeps its word on every sample of the corpus", arguments: FuzzedParser.allCases)
  func samples(_ parser: FuzzedParser) throws {
    let samples = try corpus.samples(of: parser)
    try #require(samples.count > 2)
    for sample in samples { try parser.check(sample) }
  }

  @Test("keeps its word on no bytes, and on the beginnings of every sample", arguments: FuzzedParser.allCases)
  func beginnings(_ parser: FuzzedParser) throws {
    for sample in try corpus.samples(of: parser) {
      for length in stride(from: 0, to: sample.count, by: max(1, sample.count / 64)) {
        try parser.check(Array(sample[..<length]))
      }
    }
  }

  @Test("keeps its word on samples that were damaged", arguments: FuzzedParser.allCases)
  func damaged(_ parser: FuzzedParser) throws {
    let samples = try corpus.samples(of: parser)
    var mutator = Mutator(seed: 20_261_122)
    for round in 0..<Self.rounds {
      let bytes = mutator.next(from: samples)
      do {
        try parser.check(bytes)
      } catch {
        Issue.record("\(error) (round \(round)): \(bytes)")
        return
      }
    }
  }
}
