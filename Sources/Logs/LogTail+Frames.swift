import Processes
import SystemPackage

extension LogTail {
  /// Hands out the messages of a file of Docker's `local` driver, the last first; as `visit` does with lines.
  ///
  /// - Throws: `.malformed` if the file does not end with a complete message: it is being written, or was cut
  ///   off.
  mutating func visitFrames(
    from start: Int64, limitBytes: inout Int, _ visit: (UnsafeRawBufferPointer?) -> Bool
  ) throws(HostError) -> Ending {
    let edge = Int64(FrameSplitter.lengthBytes)
    var window: [UInt8] = []
    var windowStart = sizeBytes
    var end = sizeBytes
    // Puts this many bytes before `end` into the window.
    func load(_ count: Int64) throws(HostError) -> Bool {
      guard end - windowStart < count else { return true }
      let from = max(start, end - max(count, Int64(chunkBytes)))
      guard Int(end - from) <= limitBytes else { return false }
      limitBytes -= Int(end - from)
      window = try descriptor.bytes(at: from, count: Int(end - from), of: path)
      windowStart = from
      return true
    }
    func length(endingAt offset: Int64) -> Int64 {
      let index = Int(offset - windowStart)
      return Int64(FrameSplitter.length(window[(index - FrameSplitter.lengthBytes)..<index]) ?? 0)
    }
    while end > start {
      // Damage before what was read counts as a line that is too long: something is missing there.
      func damaged() throws(HostError) -> Ending {
        guard endOffset != nil else { throw .changedWhileRead(path) }
        return visit(nil) ? .start : .enough
      }
      guard end - start >= 2 * edge else { return try damaged() }
      guard try load(2 * edge) else { return .limit }
      let count = length(endingAt: end)
      guard count <= FrameSplitter.limitBytes, end - start >= count + 2 * edge else { return try damaged() }
      guard try load(count + 2 * edge) else { return .limit }
      let first = end - count - edge
      guard length(endingAt: first) == count else { return try damaged() }
      endOffset = endOffset ?? end
      let range = Int(first - windowStart)..<Int(end - edge - windowStart)
      let goesOn = window.withUnsafeBytes { visit(UnsafeRawBufferPointer(rebasing: $0[range])) }
      guard goesOn else { return .enough }
      end = first - edge
    }
    endOffset = endOffset ?? start
    return .start
  }
}
