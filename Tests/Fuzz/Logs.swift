import Glibc
import PlaceOS
import SystemPackage
import TestSupport

@testable import Logs
@testable import Text

/// What processes write to their logs, and what runtimes put around it.
enum Logs {
  /// The bytes as a log file, read backwards in chunks of a size that its first byte gives.
  static func tail(_ bytes: [UInt8]) throws {
    let file = try scratch(holding: bytes)
    defer { try? file.close() }
    var tail = LogTail(descriptor: file, path: "log", sizeBytes: Int64(bytes.count))
    tail.chunkBytes = 1 + Int((bytes.first ?? 0) & 63)
    tail.limitLineBytes = 1 << 10
    var budget = Int.max
    var visited: [[UInt8]?] = []
    let ending = try tail.visit(limitBytes: &budget) { line in
      visited.append(line.map { Array($0) })
      return true
    }
    try require(ending == .start, "log: it was not read up to its start")
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    lines.removeLast()
    try require(visited.count == lines.count, "log: not as many lines as line feeds")
    for (seen, line) in zip(visited, lines.reversed()) {
      let expected = line.count > tail.limitLineBytes ? nil : line
      try require(seen == expected, "log: a line is not as it was written")
    }
    for format in [LogEntry.Format.plain, .docker, .cri] { try search(lines, format) }
  }

  /// What is found must be a whole line of the process's own.
  private static func search(_ lines: [[UInt8]], _ format: LogEntry.Format) throws {
    let question = ServiceLog.Question(
      mark: LevelLine.mark, time: { LevelLine.time(of: $0).flatMap(LogTime.init(parsing:)) },
      isWanted: { LevelLine(parsing: $0) != nil },
      isEnough: { LevelLine.debug(after: $0.compactMap(LevelLine.init(parsing:)), of: .service) != nil })
    var search = LogSearch(question, format: format, started: 0, now: .distantFuture)
    for line in lines.reversed() where !line.withUnsafeBytes({ search.visit($0) }) { break }
    search.reachStart(isGood: true)
    try require(search.found.count <= LogSearch.limitFound, "log: more lines found than the limit")
    guard !search.found.isEmpty else { return }
    let whole = Set(
      lines.flatMap(possibleEntries).compactMap { line in
        line.withUnsafeBytes { raw -> [UInt8]? in
          guard let entry = LogEntry(format, raw), entry.endsLine, entry.isStandardOutput else { return nil }
          return LogEntry.text(format, raw)
        }
      })
    for line in search.found {
      try require(whole.contains(line) && LevelLine(parsing: line) != nil, "log: a line that nobody wrote")
    }
  }

  /// A line, and what of it may be an entry behind NULs or another that was torn away.
  private static func possibleEntries(in line: [UInt8]) -> [[UInt8]] {
    let start = Array("{\"log\":\"".utf8)
    let torn = line.indices.filter { line[$0...].starts(with: start) }.map { Array(line[$0...]) }
    return [Array(line.drop { $0 == 0 })] + torn
  }

  static func entry(_ bytes: [UInt8]) throws {
    bytes.withUnsafeBytes { raw in
      for format in [LogEntry.Format.docker, .cri, .local] where LogEntry(format, raw) != nil {
        _ = LogEntry.text(format, raw)
      }
      _ = LogTime(parsing: raw)
    }
    // Whatever a process writes comes back out of what its runtime makes of it, and nothing else does.
    let line = bytes.filter { $0 != 0x0A }
    guard line.last != 0x0D, String(validating: line, as: UTF8.self) != nil else { return }
    let time = "2026-11-22T12:39:44.012345678Z"
    let docker = Array("{\"log\":\"".utf8) + line.flatMap(escaped)
    try requireMessage(
      line, .docker, in: docker + Array("\\n\",\"stream\":\"stdout\",\"time\":\"\(time)\"}".utf8))
    try requireMessage(line, .cri, in: Array("\(time) stdout F ".utf8) + line)
  }

  private static func requireMessage(_ line: [UInt8], _ format: LogEntry.Format, in bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { raw in
      guard let entry = LogEntry(format, raw) else {
        throw Violation(description: "log: a line of the runtime's form is refused (\(format))")
      }
      guard entry.isStandardOutput, entry.endsLine, entry.time?.wall == 1_795_351_184_012_345_678 else {
        throw Violation(description: "log: a message speaks for the runtime (\(format))")
      }
      guard LogEntry.text(format, raw) == line else {
        throw Violation(description: "log: a message is not as it was written (\(format))")
      }
    }
  }

  private static func escaped(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
    case 0..<0x20: Array(("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
    default: [byte]
    }
  }

  /// The bytes as a file of Docker's local driver, in pieces of a size that its first byte gives, and backwards.
  static func local(_ bytes: [UInt8]) throws {
    func messages(_ size: Int) -> (found: [[UInt8]], isWhole: Bool, wholeBytes: Int64) {
      var splitter = FrameSplitter()
      var found: [[UInt8]] = []
      var rest = bytes[...]
      var isWhole = true
      while isWhole, !rest.isEmpty {
        isWhole = splitter.take(rest.prefix(size)) { found.append(Array($0)) }
        rest = rest.dropFirst(size)
      }
      return (found, isWhole, splitter.wholeBytes)
    }
    let forwards = messages(1 + Int((bytes.first ?? 0) & 63))
    try require(forwards.found == messages(max(1, bytes.count)).found, "local: pieces differ from the whole")
    for message in forwards.found {
      message.withUnsafeBytes { if LogEntry(.local, $0) != nil { _ = LogEntry.text(.local, $0) } }
    }
    let file = try scratch(holding: bytes)
    defer { try? file.close() }
    var tail = LogTail(descriptor: file, path: "log", sizeBytes: forwards.wholeBytes, format: .local)
    tail.chunkBytes = 1 + Int((bytes.first ?? 0) & 63)
    var budget = Int.max
    var backwards: [[UInt8]] = []
    var hasGap = false
    _ = try tail.visit(limitBytes: &budget) { message in
      if let message { backwards.append(Array(message)) } else { hasGap = true }
      return true
    }
    try require(!hasGap && backwards == forwards.found.reversed(), "local: read backwards it differs")
    tail = LogTail(descriptor: file, path: "log", sizeBytes: Int64(bytes.count), format: .local)
    // What does not end with a whole message is refused.
    _ = accepted { try tail.visit(limitBytes: &budget) { _ in true } }
  }

  static func levelLine(_ bytes: [UInt8]) throws {
    let time = bytes.withUnsafeBytes { raw in LevelLine.time(of: raw).flatMap(LogTime.init(parsing:)) }
    if let time { try require(time.wall > -86_400_000_000_000, "line: a time before the epoch") }
    guard let line = LevelLine(parsing: bytes) else { return }
    // The mark is what a log is searched for. Only JSON could hide it, and no logger escapes a letter.
    try require(
      bytes.contains(LevelLine.mark) || bytes.contains(UInt8(ascii: "\\")),
      "line: a change without its words")
    try require(!bytes.contains(0x0A) || bytes.first == UInt8(ascii: "{"), "line: more than one line")
    for kind in [Service.Kind.service, .driver] {
      let debug = LevelLine.debug(after: [line], of: kind)
      guard line.level == .trace else { continue }
      try require(debug == (line.isOf(kind) ? true : nil), "line: trace is no trace")
    }
  }

  private static func scratch(holding bytes: [UInt8]) throws -> FileDescriptor {
    // A file without a name, which is gone with its descriptor.
    var name = Array("/tmp/placeos-loglevel-fuzz.XXXXXX".utf8CString)
    let raw = mkstemp(&name)
    guard raw >= 0 else { throw Errno(rawValue: errno) }
    unlink(name)
    let file = FileDescriptor(rawValue: raw)
    try file.writeAll(bytes)
    return file
  }
}
