import Glibc
import Processes
import SystemPackage
import Text

/// What is appended to a log, line by line, over the rotations and truncations of its files.
///
/// A file is read by its descriptor and never by its name. Only at its end are the names looked at: where
/// another file stands in its place, this one is read to its end once more (its writer may have written
/// between the two), and then the one that follows it.
struct FollowedFile: ~Copyable {
  /// Something to hand on.
  enum Event {
    /// A whole line of the process, joined where the runtime had cut it.
    case line(time: LogTime?, isStandardOutput: Bool, ArraySlice<UInt8>)
    /// The file was cut: what had been written and not read, if anything, is lost.
    case truncated(FilePath)
  }

  /// Longer lines are handed on in pieces of this size.
  static let limitLineBytes = 1 << 20
  private static let chunkBytes = 256 << 10
  private static let sampleBytes = 64

  private let source: LogSource
  private var file: LogSource.Opened?
  private var offset: Int64 = 0
  /// The start of a line that is not whole yet.
  private var carry: [UInt8] = []
  /// What stands before `offset`: a file that was cut and has grown again has others there.
  private var sample: [UInt8] = []
  /// Lines that the runtime has cut: standard output's and standard error's.
  private var parts: (output: [UInt8], errors: [UInt8]) = ([], [])
  private var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)

  /// - Parameter sinceNs: where to begin: with the oldest file that was written to after this moment,
  ///   nanoseconds after the epoch; `nil`: at the end. Older lines of that file are handed out too.
  init(_ source: LogSource, of process: borrowing ProcessDirectory, sinceNs: Int64?) throws(HostError) {
    self.source = source
    if let sinceNs, let first = try source.chain().first(where: { $0.status.modifiedNs >= sinceNs }) {
      file = try LogSource.open(first.path)
    } else {
      file = try source.open(of: process)
      if sinceNs == nil { try seekToEnd() }
    }
  }

  /// The file that is read: its device and inode. Swift 6.3.1's optimiser fails where this is inlined.
  @inline(never) var status: FileStatus? {
    switch file {
    case .some(let file): file.status
    case .none: nil
    }
  }

  /// Begins behind the last line feed.
  private mutating func seekToEnd() throws(HostError) {
    guard let size = status?.sizeBytes, size > 0 else { return }
    offset = max(0, size - Int64(chunk.count))
    let count = try pread(at: offset)
    if let feed = chunk[..<count].lastIndex(of: 0x0A) {
      offset += Int64(feed + 1)
    } else if offset > 0 {
      offset += Int64(count)
    }
    try takeSample()
  }

  /// Hands on what there is, a chunk at most.
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
      carry.removeAll(keepingCapacity: true)
      return true
    }
    if try readChunk(body) { return true }
    guard let next = try successor() else { return false }
    if try readChunk(body) { return true }
    // Its last line will never get a line feed.
    if !carry.isEmpty { take(carry[...], body) }
    carry.removeAll(keepingCapacity: true)
    (offset, sample) = (0, [])
    file = consume next
    return true
  }

  /// When it was written to last.
  private var modifiedNs: Int64? {
    switch file {
    case .some(let file): (try? FileStatus(of: file.descriptor))?.modifiedNs
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
    let chunk = chunk
    var start = 0
    while start < count {
      let found: Int? = chunk.withUnsafeBytes { bytes in
        let base = bytes.baseAddress!
        return memchr(base + start, 0x0A, count - start).map { base.distance(to: UnsafeRawPointer($0)) }
      }
      guard let feed = found else { break }
      if carry.isEmpty {
        take(chunk[start..<feed], body)
      } else {
        carry += chunk[start..<feed]
        take(carry[...], body)
        carry.removeAll(keepingCapacity: true)
      }
      start = feed + 1
    }
    carry += chunk[start..<count]
    // A runtime's line says what it is at its end; of one that is too long nothing can be told.
    if carry.count > 6 * Self.limitLineBytes {
      body(.line(time: nil, isStandardOutput: true, carry.prefix(Self.limitLineBytes)))
      carry.removeAll()
    }
  }

  /// One line of the file.
  private mutating func take(_ line: ArraySlice<UInt8>, _ body: (Event) -> Void) {
    if source.format == .plain {
      // A file that was cut under a writer that does not append begins with a hole.
      let text = line.first == 0 ? line.drop { $0 == 0 } : line
      body(.line(time: nil, isStandardOutput: true, text.last == 0x0D ? text.dropLast() : text))
      return
    }
    let (entry, text) = line.withUnsafeBytes {
      (LogEntry(source.format, $0), LogEntry.text(source.format, $0))
    }
    guard let entry, let text else {
      body(.line(time: nil, isStandardOutput: true, line))
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

  /// The file that follows the one that is read; `nil` where there is none yet.
  private func successor() throws(HostError) -> LogSource.Opened? {
    guard source.place != .standardOutput, let status else { return nil }
    let chain = try source.chain()
    guard let newest = chain.last, !newest.status.isSameFile(as: status) else { return nil }
    let own = chain.firstIndex { $0.status.isSameFile(as: status) }
    // One that is gone from the folder was the oldest.
    let next: LogSource.Link
    if let own {
      next = chain[own + 1]
    } else {
      let lastNs = modifiedNs ?? status.modifiedNs
      guard let oldest = chain.first(where: { $0.status.modifiedNs >= lastNs }) else { return nil }
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
      do {
        return try buffer.withUnsafeMutableBytes {
          try file.descriptor.read(fromAbsoluteOffset: offset, into: $0)
        }
      } catch {
        throw .unreadable(path: file.path, Errno(of: error))
      }
    }
  }
}
