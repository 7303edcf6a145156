import Glibc
import Processes
import SystemPackage

/// Reads a file's lines from its end towards its start, in chunks, while the file grows.
///
/// What follows the last line feed is still being written and is left out. The file may be another's to
/// change: it is read with pread(2), never mapped (truncating a mapped file kills its reader, SIGBUS).
struct LogTail {
  /// Why a visit ended.
  enum Ending: Hashable {
    /// The visitor had enough.
    case enough
    /// Everything from the lower bound on was visited.
    case start
    /// It would have had to read more bytes than allowed.
    case limit
  }

  let descriptor: FileDescriptor
  let path: FilePath
  /// The file's size when this was made; what is written later is ignored.
  let sizeBytes: Int64
  let format: LogEntry.Format
  /// Bytes read at a time.
  var chunkBytes = 64 << 10
  /// Longer lines are not handed out. A part of a Docker line, 16 KiB, has at most 96 KiB when escaped.
  var limitLineBytes = 128 << 10

  /// Just after the last line feed; known once a visit has found it.
  var endOffset: Int64?

  /// - Parameter format: whether it has lines, or messages of Docker's `local` driver.
  init(
    descriptor: FileDescriptor, path: FilePath, sizeBytes: Int64, format: LogEntry.Format = .plain
  ) {
    self.descriptor = descriptor
    self.path = path
    self.sizeBytes = sizeBytes
    self.format = format
  }

  init(_ file: borrowing LogSource.Opened, _ format: LogEntry.Format) {
    self.init(
      descriptor: file.descriptor, path: file.path, sizeBytes: file.status.sizeBytes, format: format)
  }

  /// Hands out the lines from `start` on, without their line feeds, the last first.
  ///
  /// - Parameters:
  ///   - start: the offset of the start of a line.
  ///   - limitBytes: how much may be read; what was read is subtracted.
  ///   - visit: gets `nil` for a line that is too long; returns whether to go on.
  /// - Throws: `.unreadable`, or `.malformed` if the file ends before its size: it was truncated.
  mutating func visit(
    from start: Int64 = 0, limitBytes: inout Int, _ visit: (UnsafeRawBufferPointer?) -> Bool
  ) throws(HostError) -> Ending {
    if format == .local { return try visitFrames(from: start, limitBytes: &limitBytes, visit) }
    var chunk = [UInt8](repeating: 0, count: chunkBytes)
    var carry = Carry(limitBytes: limitLineBytes)
    var feeds: [Int] = []
    var offset = sizeBytes
    while offset > start {
      let count = Int(min(Int64(chunkBytes), offset - start))
      guard count <= limitBytes else { return .limit }
      limitBytes -= count
      offset -= Int64(count)
      guard try descriptor.read(at: offset, into: &chunk, count: count, of: path) == count else {
        throw .changedWhileRead(path)
      }
      let isEnough = chunk.withUnsafeBytes { chunk in
        Self.findFeeds(in: chunk, count: count, into: &feeds)
        var end = count
        for feed in feeds.reversed() {
          let head = UnsafeRawBufferPointer(rebasing: chunk[(feed + 1)..<end])
          end = feed
          guard endOffset != nil else {
            // The first feed from the end: what follows it is not a line yet.
            endOffset = offset + Int64(feed) + 1
            carry.clear()
            continue
          }
          if !carry.finish(head, visit) { return true }
        }
        if endOffset != nil { carry.prepend(UnsafeRawBufferPointer(rebasing: chunk[..<end])) }
        return false
      }
      if isEnough { return .enough }
    }
    guard endOffset != nil else {
      endOffset = start
      return .start
    }
    let isEnough = !carry.finish(UnsafeRawBufferPointer(start: nil, count: 0), visit)
    return isEnough ? .enough : .start
  }

  private static func findFeeds(in chunk: UnsafeRawBufferPointer, count: Int, into feeds: inout [Int]) {
    feeds.removeAll(keepingCapacity: true)
    let base = chunk.baseAddress!
    var offset = 0
    while offset < count, let found = memchr(base + offset, 0x0A, count - offset) {
      let feed = base.distance(to: UnsafeRawPointer(found))
      feeds.append(feed)
      offset = feed + 1
    }
  }

  /// The part of a line in the chunks already read, which follow.
  private struct Carry {
    let limitBytes: Int
    private var bytes: [UInt8] = []
    private var isTooLong = false

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    mutating func clear() {
      bytes.removeAll(keepingCapacity: true)
      isTooLong = false
    }

    mutating func prepend(_ head: UnsafeRawBufferPointer) {
      guard !isTooLong, bytes.count + head.count <= limitBytes else {
        bytes.removeAll(keepingCapacity: true)
        isTooLong = true
        return
      }
      if !head.isEmpty { bytes.insert(contentsOf: head, at: 0) }
    }

    /// The line that begins with `head` is complete.
    mutating func finish(
      _ head: UnsafeRawBufferPointer, _ visit: (UnsafeRawBufferPointer?) -> Bool
    ) -> Bool {
      defer { clear() }
      if bytes.isEmpty, !isTooLong { return visit(head.count <= limitBytes ? head : nil) }
      prepend(head)
      return isTooLong ? visit(nil) : bytes.withUnsafeBytes { visit($0) }
    }
  }
}

extension HostError {
  /// The file was truncated, replaced or rewritten while it was read: what was read counts for nothing.
  static func changedWhileRead(_ path: FilePath) -> HostError {
    .malformed(path: path, reason: "it changed while it was being read")
  }
}
