import Glibc
import SystemPackage
import Testing

@testable import Logs
@testable import Processes

/// A file in /tmp that goes away with this.
private final class Sample {
  let path: FilePath

  init(_ bytes: [UInt8]) throws {
    var template = Array("/tmp/log-test-XXXXXX\0".utf8CString)
    let raw = mkstemp(&template)
    guard raw >= 0 else { throw Errno(rawValue: errno) }
    path = FilePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    let file = FileDescriptor(rawValue: raw)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }

  deinit { unlink(path.string) }

  struct Seen: Equatable {
    var lines: [String?] = []
    var ending = LogTail.Ending.start
    var end: Int64 = -1
    var left = 0
  }

  /// All lines, the last first; `nil` for those that are too long.
  func lines(
    chunk: Int = 64 << 10, line: Int = 128 << 10, from start: Int64 = 0, limit: Int = 1 << 30,
    size: Int64? = nil, first: Int = .max
  ) throws -> Seen {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { try? file.close() }
    var tail = LogTail(
      descriptor: file, path: path, sizeBytes: try size ?? FileStatus(of: file).sizeBytes)
    tail.chunkBytes = chunk
    tail.limitLineBytes = line
    var seen = Seen()
    seen.left = limit
    seen.ending = try tail.visit(from: start, limitBytes: &seen.left) { line in
      seen.lines.append(line.map { String(decoding: $0, as: UTF8.self) })
      return seen.lines.count < first
    }
    seen.end = tail.endOffset ?? -1
    return seen
  }
}

@Suite struct LogTailTests {
  /// Slow and plain: what the reader should say.
  private func expected(_ bytes: [UInt8], longest: Int) -> [String?] {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    lines.removeLast()
    return lines.reversed().map { $0.count > longest ? nil : String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: 1...40) func linesComeWholeWhereverAChunkEnds(chunk: Int) throws {
    for text in [
      "", "\n", "a", "a\n", "\n\n", "first\nsecond\n\nfourth line\nfifth", "\nsecond\n", "one\ntwo\nthree\n",
      "no line feed in any of this", "x\n\n\n\n\n\n\n\ny\n",
    ] {
      let sample = try Sample(Array(text.utf8))
      let seen = try sample.lines(chunk: chunk)
      #expect(seen.lines == expected(Array(text.utf8), longest: .max), "\(text.debugDescription)")
      #expect(seen.ending == .start)
      let end = text.utf8.lastIndex(of: 0x0A).map { text.utf8.distance(from: text.startIndex, to: $0) + 1 }
      #expect(seen.end == Int64(end ?? 0))
    }
  }

  @Test func everyOffsetOfALineAcrossAChunkBorder() throws {
    let line = String(repeating: "0123456789", count: 5)
    for before in 0...120 {
      let text = String(repeating: "x", count: before) + "\n" + line + "\nlast\n"
      let sample = try Sample(Array(text.utf8))
      #expect(try sample.lines(chunk: 64).lines == ["last", line, String(repeating: "x", count: before)])
    }
  }

  @Test func longLinesAreLeftOutAndTheirNeighboursAreNot() throws {
    for chunk in [1, 3, 7, 16, 64, 4096] {
      for length in 0...40 {
        let long = String(repeating: "x", count: length)
        let sample = try Sample(Array("a\n\(long)\nb\n\(long)\n\(long)".utf8))
        let wanted = length > 20 ? nil : long
        let lines = try sample.lines(chunk: chunk, line: 20).lines
        #expect(lines == [wanted, "b", wanted, "a"], "\(chunk) \(length)")
      }
    }
  }

  @Test func linesFromAKnownStartOn() throws {
    let sample = try Sample(Array("old\nnew\nnewer\nhalf".utf8))
    for chunk in 1...20 {
      #expect(try sample.lines(chunk: chunk, from: 4).lines == ["newer", "new"])
      #expect(try sample.lines(chunk: chunk, from: 14) == .init(lines: [], end: 14, left: (1 << 30) - 4))
      #expect(try sample.lines(chunk: chunk, from: 18).end == 18 || chunk > 0)
    }
  }

  @Test func readingIsBounded() throws {
    let sample = try Sample(Array(String(repeating: "line\n", count: 1000).utf8))
    let seen = try sample.lines(chunk: 100, limit: 250)
    #expect(seen.ending == .limit && seen.left == 50)
    #expect(seen.lines.count == 39, "the line at the border is not whole")
    #expect(try sample.lines(chunk: 100, first: 3).ending == .enough)
    #expect(try sample.lines(chunk: 100, first: 3).lines.count == 3)
  }

  @Test func truncatedFileGivesNoAnswer() throws {
    let sample = try Sample(Array("one\ntwo\n".utf8))
    for size: Int64 in [9, 100, 1 << 40] {
      #expect(throws: HostError.changedWhileRead(sample.path)) { try sample.lines(chunk: 4, size: size) }
    }
  }

  @Test func randomFilesAreReadAsTheyAre() throws {
    var seed: UInt64 = 42
    func random(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    for _ in 0..<400 {
      let bytes = (0..<random(300)).map { _ in random(8) == 0 ? 0x0A : UInt8(random(256)) }
      let sample = try Sample(bytes)
      let (chunk, longest) = (1 + random(60), random(30))
      #expect(try sample.lines(chunk: chunk, line: longest).lines == expected(bytes, longest: longest))
    }
  }
}
