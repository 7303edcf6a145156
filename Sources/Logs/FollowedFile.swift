import Glibc
import Processes
import SystemPackage
import Text

/// What is appended to a log, line by line, across rotations and truncations of its files.
///
/// A file is read by its descriptor and never by its name. Only at its end are the names looked at: if the
/// name now belongs to another file, this one is read to its end once more (its writer may have written in
/// between), and then the one that follows it.
struct FollowedFile: ~Copyable {
  /// An event to pass on.
  enum Event {
    /// A complete line of the process, joined where the runtime had split it.
    case line(time: LogTime?, isStandardOutput: Bool, ArraySlice<UInt8>)
    /// The file was truncated: what had been written and not read, if anything, is lost.
    case truncated(FilePath)
    /// The file cannot be parsed from here on: it is skipped.
    case damaged(FilePath)
  }

  /// Longer lines are passed on in pieces of this size.
  static let limitLineBytes = 1 << 20
  private static let chunkBytes = 256 << 10
  private static let sampleBytes = 64

  private let source: LogSource
  private var file: LogSource.Opened?
  private var offset: Int64 = 0
  private var lines: LineSplitter
  private var frames = FrameSplitter()
  /// The bytes before `offset`: they differ in a file that was truncated and has grown again.
  private var sample: [UInt8] = []
  /// Lines that the runtime has split: standard output's and standard error's.
  private var parts: (output: [UInt8], errors: [UInt8]) = ([], [])
  private var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)

  /// - Parameter since: where to begin: with the oldest file that was written to after this moment;
  ///   `nil`: at the end. Older lines of that file are included.
  init(_ source: LogSource, of process: borrowing ProcessDirectory, since: WallTime?) throws(HostError) {
    self.source = source
    // A runtime's line says at its end what it is, and JSON turns one byte into six.
    lines = LineSplitter(limitBytes: source.format == .plain ? Self.limitLineBytes : 6 * Self.limitLineBytes)
    if let since, let first = try source.chain().first(where: { $0.status.modified >= since }) {
      file = try LogSource.open(first.path)
    } else {
      file = try source.open(of: process)
      if since == nil { try seekToEnd() }
    }
  }

  /// The file being read: its device and inode. Swift 6.3.1's optimiser fails if this is inlined.
  @inline(never) var status: FileStatus? {
    switch file {
    case .some(let file): file.status
    case .none: nil
    }
  }

  /// Begins after the last line feed, or the last complete message.
  private mutating func seekToEnd() throws(HostError) {
    guard let size = status?.sizeBytes, size > 0 else { return }
    if source.format == .local {
      try seekToLastFrame(size)
      return try takeSample()
    }
    offset = max(0, size - Int64(chunk.count))
    let count = try pread(at: offset)
    if let feed = chunk[..<count].lastIndex(of: 0x0A) {
      offset += Int64(feed + 1)
    } else if offset > 0 {
      offset += Int64(count)
    }
    try takeSample()
  }

  /// Messages can be told apart only from the start. What is damaged is skipped.
  private mutating func seekToLastFrame(_ size: Int64) throws(HostError) {
    var reader = FrameSplitter()
    while offset < size {
      let count = try pread(at: offset)
      guard count > 0, reader.take(chunk[..<count], { _ in }) else { break }
      offset += Int64(count)
    }
    offset = offset < size ? size : reader.wholeBytes
  }

  /// Passes on what there is, at most a chunk.
  ///
  /// - Returns: whether to go on at once; `false`: there is no more for now.
  mutating func read(
    of process: borrowing ProcessDirectory, _ body: (Event) -> Void
  ) throws(HostError) -> Bool {
    guard let path = currentPath else {
      file = try source.open(of: process)
      offset = 0
      return currentPath != nil
    }
    if try isTruncated() {
      body(.truncated(path))
      (offset, sample) = (0, [])
      lines.clear()
      frames.clear()
      return true
    }
    if try readChunk(body) { return true }
    guard let next = try successor() else { return false }
    if try readChunk(body) { return true }
    // Its last line will never get a line feed.
    var splitter = lines
    splitter.finish { take($0, body) }
    lines.clear()
    frames.clear()
    (offset, sample) = (0, [])
    file = consume next
    return true
  }

  /// When it was last written to.
  private var modified: WallTime? {
    switch file {
    case .some(let file): (try? FileStatus(of: file.descriptor))?.modified
    case .none: nil
    }
  }

  private var currentPath: FilePath? {
    switch file {
    case .some(let file): file.path
    case .none: nil
    }
  }

  private mutating func readChunk(_ body: (Event) -> Void) throws(HostError) -> Bool {
    let count = try pread(at: offset)
    guard count > 0 else { return false }
    offset += Int64(count)
    let kept = chunk[..<count].suffix(Self.sampleBytes)
    sample = Array((sample + kept).suffix(Self.sampleBytes))
    split(count, body)
    return true
  }

  private mutating func split(_ count: Int, _ body: (Event) -> Void) {
    // Both are taken out while they hand out what ends in this chunk.
    let bytes = chunk[..<count]
    guard source.format == .local else {
      var splitter = LineSplitter(limitBytes: 0)
      swap(&splitter, &lines)
      splitter.take(bytes) { take($0, body) }
      swap(&splitter, &lines)
      return
    }
    var splitter = FrameSplitter()
    swap(&splitter, &frames)
    let isWhole = splitter.take(bytes) { take($0, body) }
    swap(&splitter, &frames)
    guard !isWhole, let path = currentPath else { return }
    body(.damaged(path))
    frames.clear()
    offset = max(offset, sizeNow)
    sample = []
  }

  private var sizeNow: Int64 {
    switch file {
    case .some(let file): (try? FileStatus(of: file.descriptor))?.sizeBytes ?? 0
    case .none: 0
    }
  }

  /// One line of the file, or one message.
  private mutating func take(_ line: ArraySlice<UInt8>, _ body: (Event) -> Void) {
    if source.format == .plain {
      // A file truncated under a writer that does not append begins with a hole.
      let text = line.first == 0 ? line.drop { $0 == 0 } : line
      body(.line(time: nil, isStandardOutput: true, text.last == 0x0D ? text.dropLast() : text))
      return
    }
    let (entry, text) = line.withUnsafeBytes {
      (LogEntry(source.format, $0), LogEntry.text(source.format, $0))
    }
    guard let entry, let text else {
      body(.line(time: nil, isStandardOutput: true, line.prefix(Self.limitLineBytes)))
      return
    }
    if entry.isStandardOutput {
      Self.join(entry, text, &parts.output, body)
    } else {
      Self.join(entry, text, &parts.errors, body)
    }
  }

  private static func join(
    _ entry: LogEntry, _ text: [UInt8], _ part: inout [UInt8], _ body: (Event) -> Void
  ) {
    if part.isEmpty, entry.endsLine {
      body(.line(time: entry.time, isStandardOutput: entry.isStandardOutput, text[...]))
      return
    }
    part += text
    guard entry.endsLine || part.count >= limitLineBytes else { return }
    body(.line(time: entry.time, isStandardOutput: entry.isStandardOutput, part[...]))
    part.removeAll()
  }

  private func isTruncated() throws(HostError) -> Bool {
    guard !sample.isEmpty else { return false }
    var now = [UInt8](repeating: 0, count: sample.count)
    let count = try pread(into: &now, at: offset - Int64(sample.count))
    return count < sample.count || now != sample
  }

  private mutating func takeSample() throws(HostError) {
    var bytes = [UInt8](repeating: 0, count: Int(min(offset, Int64(Self.sampleBytes))))
    guard !bytes.isEmpty else { return }
    let count = try pread(into: &bytes, at: offset - Int64(bytes.count))
    sample = Array(bytes[..<count])
  }

  /// The file that follows the one being read; `nil` if there is none yet.
  private func successor() throws(HostError) -> LogSource.Opened? {
    guard source.place != .standardOutput, let status else { return nil }
    let chain = try source.chain()
    guard let newest = chain.last, !newest.status.isSameFile(as: status) else { return nil }
    let own = chain.firstIndex { $0.status.isSameFile(as: status) }
    // If it is gone from the folder, it was the oldest.
    let next: LogSource.Link
    if let own {
      next = chain[own + 1]
    } else {
      let last = modified ?? status.modified
      guard let oldest = chain.first(where: { $0.status.modified >= last }) else { return nil }
      next = oldest
    }
    guard let opened = try LogSource.open(next.path), opened.status.isSameFile(as: next.status)
    else { return nil }
    return opened
  }

  private mutating func pread(at offset: Int64) throws(HostError) -> Int {
    var buffer: [UInt8] = []
    swap(&buffer, &chunk)
    defer { swap(&buffer, &chunk) }
    return try pread(into: &buffer, at: offset)
  }

  private func pread(into buffer: inout [UInt8], at offset: Int64) throws(HostError) -> Int {
    switch file {
    case .none: return 0
    case .some(let file):
      return try file.descriptor.read(at: offset, into: &buffer, count: buffer.count, of: file.path)
    }
  }
}
