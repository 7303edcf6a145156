import Glibc
import Text

/// One line of a log file, without what the runtime that wrote the file put around it.
struct LogEntry {
  enum Format: Hashable, Sendable {
    /// Only the process's own lines.
    case plain
    /// Docker's json-file driver: `{"log":"…\n","stream":"stdout","time":"2026-11-22T12:39:44.012345678Z"}`
    case docker
    /// Kubernetes' (CRI) and Podman's: `2026-11-22T12:39:44.012345678Z stdout F …`
    case cri
    /// Docker's local driver: messages between their lengths (``FrameSplitter``), not lines.
    case local
  }

  /// When the runtime got it; `nil` without a runtime.
  let time: LogTime?
  let isStandardOutput: Bool
  /// Whether the process ended its line here: runtimes split lines longer than about 16 KiB, and the start of
  /// a piece is then not the start of a line.
  let endsLine: Bool

  /// What the runtime says of the line; cheap enough for every line of a file.
  ///
  /// - Returns: `nil` if it is not in the format.
  init?(_ format: Format, _ line: UnsafeRawBufferPointer) {
    switch format {
    case .plain: self.init(time: nil, isStandardOutput: true, endsLine: true)
    case .docker: self.init(docker: line)
    case .cri: self.init(cri: line)
    case .local:
      guard let (entry, _) = Self.local(line) else { return nil }
      self = entry
    }
  }

  init(time: LogTime?, isStandardOutput: Bool, endsLine: Bool) {
    (self.time, self.isStandardOutput, self.endsLine) = (time, isStandardOutput, endsLine)
  }

  private init?(docker line: UnsafeRawBufferPointer) {
    // Every quotation mark in the message has a backslash before it, so the first without one ends it.
    guard line.hasBytes("{\"log\":\"", at: 0), let end = line.offset(of: "\",\"stream\":\"std"), end >= 8,
      let timeAt = line.offset(ofLast: ",\"time\":\""), timeAt > end, line.hasBytes("\"}", at: line.count - 2)
    else { return nil }
    let start = timeAt + 9
    guard start <= line.count - 2,
      let time = LogTime(parsing: UnsafeRawBufferPointer(rebasing: line[start..<(line.count - 2)]))
    else { return nil }
    if line.hasBytes("out\"", at: end + 15) {
      isStandardOutput = true
    } else if line.hasBytes("err\"", at: end + 15) {
      isStandardOutput = false
    } else {
      return nil
    }
    self.time = time
    endsLine = Self.endsWithEscapedFeed(UnsafeRawBufferPointer(rebasing: line[8..<end]))
  }

  /// `\n` at the end, and not an escaped backslash with an n after it.
  private static func endsWithEscapedFeed(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.last == UInt8(ascii: "n") else { return false }
    var backslashes = 0
    for byte in text.dropLast().reversed() {
      guard byte == UInt8(ascii: "\\") else { break }
      backslashes += 1
    }
    return backslashes % 2 == 1
  }

  private init?(cri line: UnsafeRawBufferPointer) {
    guard let space = line.firstIndex(of: 0x20), space <= 40,
      let time = LogTime(parsing: UnsafeRawBufferPointer(rebasing: line[..<space])),
      Self.criStreams.contains(where: { line.hasBytes($0, at: space) }),
      let tag = line[(space + 8)...].first, tag == UInt8(ascii: "F") || tag == UInt8(ascii: "P")
    else { return nil }
    // containerd may add further tags, `F:…`; an empty message may lack the space.
    let next = space + 9
    guard next == line.count || line[next] == 0x20 || line[next] == UInt8(ascii: ":") else { return nil }
    self.time = time
    isStandardOutput = line.hasBytes(" stdout ", at: space)
    endsLine = tag == UInt8(ascii: "F")
  }

  private static let criStreams: [StaticString] = [" stdout ", " stderr "]

  /// Where the last entry begins in a line that also has the remains of an earlier one, whose writer was
  /// killed. No message can contain this: its quotation marks are escaped.
  static func lastStart(_ format: Format, _ line: UnsafeRawBufferPointer) -> Int {
    guard format == .docker else { return 0 }
    var start = 0
    while let next = UnsafeRawBufferPointer(rebasing: line[min(start + 1, line.count)...]).offset(
      of: "{\"log\":\"")
    {
      start += next + 1
    }
    return start
  }

  /// What the process wrote, without its line feed; `nil` if it is not in the format.
  static func text(_ format: Format, _ line: UnsafeRawBufferPointer) -> [UInt8]? {
    var text: [UInt8]
    switch format {
    case .plain: text = Array(line)
    case .docker:
      guard line.hasBytes("{\"log\":\"", at: 0), let end = line.offset(of: "\",\"stream\":\"std"), end >= 8,
        let decoded = unescaped(UnsafeRawBufferPointer(rebasing: line[8..<end]))
      else { return nil }
      text = decoded
      if text.last == 0x0A { text.removeLast() }
    case .cri:
      guard let time = line.firstIndex(of: 0x20), line.count > time + 8,
        let tags = line[(time + 8)...].firstIndex(of: 0x20)
      else { return [] }
      text = Array(line[(tags + 1)...])
    case .local:
      guard let (_, message) = local(line) else { return nil }
      text = Array(message)
    }
    // A terminal (docker run -t) ends its lines with both.
    if text.last == 0x0D { text.removeLast() }
    return text
  }

  /// The content of a JSON string. Written here because a client can cause it for many lines: it takes a
  /// tenth of the library decoder's time.
  private static func unescaped(_ string: UnsafeRawBufferPointer) -> [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(string.count)
    var rest = string.makeIterator()
    func codeUnit() -> UInt32? {
      var unit: UInt32 = 0
      for _ in 0..<4 {
        guard let digit = rest.next()?.hexadecimalValue else { return nil }
        unit = unit << 4 | UInt32(digit)
      }
      return unit
    }
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      switch rest.next() {
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "u"):
        // Docker writes characters beyond the basic plane as they are, never as surrogates.
        guard let unit = codeUnit(), let scalar = Unicode.Scalar(unit) else { return nil }
        text += UTF8.encode(scalar)!
      case let other?
      where other == UInt8(ascii: "\"") || other == UInt8(ascii: "\\") || other == UInt8(ascii: "/"):
        text.append(other)
      default: return nil
      }
    }
    return text
  }
}

extension UnsafeRawBufferPointer {
  func hasBytes(_ word: StaticString, at offset: Int) -> Bool {
    let length = word.utf8CodeUnitCount
    guard offset >= 0, offset <= count, count - offset >= length else { return false }
    return length == 0 || memcmp(baseAddress! + offset, word.utf8Start, length) == 0
  }

  func offset(of word: StaticString) -> Int? {
    offset(of: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  /// Where `word`, which is not empty, first occurs.
  func offset(of word: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let base = baseAddress else { return nil }
    let last = count - word.count
    var offset = 0
    while offset <= last, let found = memchr(base + offset, Int32(word[0]), last - offset + 1) {
      let here = base.distance(to: UnsafeRawPointer(found))
      if memcmp(found, word.baseAddress!, word.count) == 0 { return here }
      offset = here + 1
    }
    return nil
  }

  func offset(ofLast word: StaticString) -> Int? {
    var offset = count - word.utf8CodeUnitCount
    while offset >= 0 {
      if self[offset] == word.utf8Start[0], hasBytes(word, at: offset) { return offset }
      offset -= 1
    }
    return nil
  }
}
