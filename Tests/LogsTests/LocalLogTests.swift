import Containers
import Glibc
import Processes
import SystemPackage
import TestSupport
import Testing
import Text

@testable import Logs

/// A message of Docker's `local` driver, as Docker writes it, between its lengths.
func localFrame(
  _ line: String, at time: WallTime = 1_795_351_184_012_345_678, stream: String = "stdout",
  part: (number: UInt8, isLast: Bool)? = nil
) -> [UInt8] {
  func number(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + number(value >> 7)
  }
  func bytes(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [field << 3 | 2] + number(UInt64(bytes.count)) + bytes
  }
  var message =
    bytes(1, Array(stream.utf8)) + [2 << 3] + number(UInt64(time.nanoseconds)) + bytes(3, Array(line.utf8))
  if let part {
    let metadata = (part.isLast ? [1 << 3, 1] : []) + bytes(2, Array("0f0f".utf8)) + [3 << 3, part.number]
    message += [4 << 3, 1] + bytes(5, metadata)
  }
  let length = UInt32(message.count)
  let edge = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
  return edge + message + edge
}

@Suite struct LocalLogTests {
  private func message(_ frame: [UInt8]) -> [UInt8] { Array(frame.dropFirst(4).dropLast(4)) }

  @Test func aMessageSaysWhatDockerSays() throws {
    try message(localFrame("a \"b\"\r")).withUnsafeBytes { raw in
      let entry = try #require(LogEntry(.local, raw))
      #expect(entry.isStandardOutput && entry.endsLine && entry.time?.wall == 1_795_351_184_012_345_678)
      #expect(LogEntry.text(.local, raw) == Array("a \"b\"".utf8))
    }
    message(localFrame("x", stream: "stderr", part: (1, false))).withUnsafeBytes { raw in
      #expect(LogEntry(.local, raw)?.isStandardOutput == false && LogEntry(.local, raw)?.endsLine == false)
    }
    message(localFrame("x", part: (2, true))).withUnsafeBytes { raw in
      #expect(LogEntry(.local, raw)?.endsLine == true)
    }
  }

  @Test func whatIsDamagedIsNoMessage() {
    let whole = message(localFrame("text", part: (1, true)))
    for count in 0..<whole.count {
      // Cut between two fields it is a message, of which something is missing.
      whole[..<count].withUnsafeBytes { raw in
        if LogEntry(.local, raw) != nil { #expect(count >= 8 + 10) }
      }
    }
    for bytes in [[0xFF], [0x0A, 5, 1], [0x10] + Array(repeating: 0xFF, count: 11), [3], [0, 0]] as [[UInt8]]
    {
      #expect(bytes.withUnsafeBytes { LogEntry(.local, $0) } == nil)
    }
    message(localFrame("x", stream: "other")).withUnsafeBytes { #expect(LogEntry(.local, $0) == nil) }
  }

  @Test(arguments: [1, 7, 64, 4096]) func messagesComeWholeWhereverAPieceEnds(size: Int) {
    let texts = (0..<50).map { String(repeating: "line \($0)\n", count: $0) }
    let bytes = texts.flatMap { localFrame($0) }
    var splitter = FrameSplitter()
    var seen: [String] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      let isWhole = splitter.take(bytes[start..<min(bytes.count, start + size)]) { message in
        seen.append(
          message.withUnsafeBytes { String(decoding: LogEntry.text(.local, $0) ?? [], as: UTF8.self) })
      }
      #expect(isWhole)
    }
    #expect(seen == texts)
    #expect(splitter.wholeBytes == Int64(bytes.count))
    let isDamaged = !splitter.take([0, 0, 0, 1, 9, 0, 0, 0, 2]) { _ in }
    #expect(isDamaged)
  }

  /// The lines of a file, the last first.
  private func backwards(_ bytes: [UInt8], chunk: Int, limit: Int = .max) throws -> (
    [String?], LogTail.Ending
  ) {
    let folder = try ScratchFolder()
    let path = folder.path.appending("container.log")
    let file = try FileDescriptor.open(
      path, .readWrite, options: [.create], permissions: .ownerReadWrite)
    defer { try? file.close() }
    try file.writeAll(bytes)
    var tail = LogTail(descriptor: file, path: path, sizeBytes: Int64(bytes.count), format: .local)
    tail.chunkBytes = chunk
    var budget = limit
    var seen: [String?] = []
    let ending = try tail.visit(limitBytes: &budget) { raw in
      seen.append(raw.flatMap { LogEntry.text(.local, $0) }.map { String(decoding: $0, as: UTF8.self) })
      return raw != nil
    }
    return (seen, ending)
  }

  @Test(arguments: [1, 8, 9, 50, 64 << 10]) func theyAreReadBackwards(chunk: Int) throws {
    let texts = (0..<40).map { String(repeating: "x\($0)", count: $0) }
    let bytes = texts.flatMap { localFrame($0) }
    let (seen, ending) = try backwards(bytes, chunk: chunk)
    #expect(seen == texts.reversed().map { $0 } && ending == .start)
    #expect(try backwards([], chunk: chunk) == ([], .start))
    #expect(try backwards(bytes, chunk: 64, limit: 100).1 == .limit)
    // Being written, or torn away.
    for cut in 1..<12 { #expect(throws: HostError.self) { try backwards(bytes.dropLast(cut), chunk: chunk) } }
    let torn = localFrame("lost").dropLast(3) + localFrame("kept")
    #expect(try backwards(Array(torn), chunk: chunk).0 == ["kept", nil])
  }

  @Test func theyAreFollowedOverRotations() throws {
    let log = try FollowedLog()
    try log.append(localFrame("old"), to: "a.log")
    var file = try log.follow(log.source(.file("/a.log"), .local))
    let frame = localFrame("one")
    try log.append(Array(frame.prefix(9)), to: "a.log")
    try log.drain(&file)
    #expect(log.text == [])
    try log.append(Array(frame.dropFirst(9)) + localFrame("a", part: (1, false)), to: "a.log")
    log.rename("a.log", to: "a.log.1")
    try log.append(localFrame("b", part: (2, true)) + localFrame("end\n"), to: "a.log")
    try log.drain(&file)
    #expect(log.text == ["one", "ab", "end\n"])
    // One that begins in the midst of a message waits for the next.
    try log.append(Array(localFrame("late").prefix(6)), to: "a.log")
    var late = try log.follow(log.source(.file("/a.log"), .local))
    try log.append(Array(localFrame("late").dropFirst(6)), to: "a.log")
    try log.drain(&late)
    #expect(log.text.last == "late" && log.text.count == 4)
    #expect(log.damages == 0)
    try log.append(Array(repeating: 0xEE, count: 100), to: "a.log")
    try log.drain(&late)
    try log.append(localFrame("after"), to: "a.log")
    try log.drain(&late)
    #expect(log.damages == 1 && log.text.last == "after")
  }

  @Test func whatWasWrittenSinceAMomentIsToldByTheLines() {
    var since = Since(LogTime(firstIn: Array("2026-11-22T12:39:44Z ".utf8)[...])!.wall)
    func includes(_ text: String) -> Bool { since.includes(nil, Array(text.utf8)[...]) }
    #expect(!includes("level=[I] time=2026-11-22T12:39:43Z message=\"x\"") && !includes("  Caused by: x"))
    #expect(includes("level=[I] time=2026-11-22T12:39:44Z message=\"x\"") && includes("  Caused by: x"))
    // A client's words do not take it back.
    #expect(includes("level=[I] time=2026-11-22T12:39:40Z message=\"x\""))
    var end = Since(.distantFuture)
    let line = Array("no time".utf8)[...]
    let isEarly = !end.includes(nil, line)
    end.reachEnd()
    let isLate = end.includes(nil, line)
    #expect(isEarly && isLate)
  }
}
