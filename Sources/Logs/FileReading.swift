import Processes
import SystemPackage

extension FileDescriptor {
  /// Reads until the buffer is full, or the file ends; pread(2).
  ///
  /// - Parameter path: the file's name in an error.
  /// - Returns: the number of bytes read.
  /// - Throws: `.unreadable`.
  func read(
    at offset: Int64, into buffer: inout [UInt8], count: Int, of path: FilePath
  ) throws(HostError) -> Int {
    var done = 0
    while done < count {
      let got: Int
      do {
        got = try buffer.withUnsafeMutableBytes { bytes in
          try read(
            fromAbsoluteOffset: offset + Int64(done),
            into: UnsafeMutableRawBufferPointer(rebasing: bytes[done..<count]))
        }
      } catch {
        throw .unreadable(path: path, Errno(of: error))
      }
      guard got > 0 else { break }
      done += got
    }
    return done
  }

  /// Exactly this many bytes.
  ///
  /// - Throws: `.unreadable`; `.malformed` if the file ends earlier: it was truncated.
  func bytes(at offset: Int64, count: Int, of path: FilePath) throws(HostError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard try read(at: offset, into: &bytes, count: count, of: path) == count else {
      throw .changedWhileRead(path)
    }
    return bytes
  }
}
