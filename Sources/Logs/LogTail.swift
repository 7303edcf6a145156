import Glibc
import Processes
import SystemPackage

/// Reads a file's lines from its end towards its start, in chunks, of a file that grows meanwhile.
///
/// What is right of the last line feed is being written and is left out. The file may be another's to change:
/// it is read with pread(2), never mapped (a mapped file that is truncated ends its reader, SIGBUS).
struct LogTail {
  /// Why a visit ended.
  enum Ending: Hashable {
    /// The visitor had enough.
    case enough
    /// Everything from the lower bound on was visited.
    case start
    /// More bytes than allowed would have had to be read.
    case limit
  }

  let descriptor: FileDescriptor
  let path: FilePath
  /// The file's size when this was made; what is written later is left for another time.
  let sizeBytes: Int64
  /// Bytes read at a time.
  var chunkBytes = 64 << 10
  /// Longer lines are not handed out. A part of a Docker line, 16 KiB, has at most 96 KiB when escaped.
  var limitLineBytes = 128 << 10

  /// Behind the last line feed; known once a visit has found it.
  private(set) var endOffset: Int64?

  init(descriptor: FileDescriptor, path: FilePath, sizeBytes: Int64) {
    self.descriptor = descriptor
    self.path = path
    self.sizeBytes = sizeBytes
  }

  /// Hands out the lines from `start` on, without their line feeds, the last first.
  ///
  /// - Parameters:
  ///   - start: the offset of the start of a line.
  ///   - limitBytes: how much is read at most; what was read is taken off.
  ///   - visit: gets `nil` in place of a line that is too long; says whether to go on.
  /// - Throws: `.unreadable`, or `.malformed` where the file ends before its size: it was truncated.
  mutating func visit(
    from start: Int64 = 0, limitBytes: inout Int, _ visit: (UnsafeRawBufferPointer?) -> Bool
  ) throws(HostError) -> Ending {
    var chunk = [UInt8](repeating: 0, count: chunkBytes)
    var carry = Carry(limitBytes: limitLineBytes)
    var feeds: [Int] = []
    var offset = sizeBytes
    while offset > start {
      let count = Int(min(Int64(chunkBytes), offset - start))
      guard count <= limitBytes else { return .limit }
      limitBytes -= count
      offset -= Int64(count)
      try read(count, at: offset, into: &chunk)
      let isEnough = chunk.withUnsafeBytes { chunk in
        Self.findFeeds(in: chunk, count: count, into: &feeds)
        var end = count
        for feed in feeds.reversed() {
          let head = UnsafeRawBufferPointer(rebasing: chunk[(feed + 1)..<end])
          end = feed
          guard endOffset != nil else {
            // The first feed from the end: what is right of it is no line yet.
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

  private func read(_ count: Int, at offset: Int64, into chunk: inout [UInt8]) throws(HostError) {
    var done = 0
    while done < count {
      let got: Int
      do {
        got = try chunk.withUnsafeMutableBytes { buffer in
          try descriptor.read(
            fromAbsoluteOffset: offset + Int64(done),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<count]))
        }
      } catch {
        throw .unreadable(path: path, Errno(of: error))
      }
      guard got > 0 else { throw .changedWhileRead(path) }
      done += got
    }
  }

  /// The part of a line that lies in chunks read before, which are those behind.
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

    /// The line that begins with `head` is whole.
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
  /// A file that was truncated, replaced or rewritten while it was read: what was read of it is no answer.
  static func changedWhileRead(_ path: FilePath) -> HostError {
    .malformed(path: path, reason: "it changed while it was being read")
  }
}
