import SystemPackage

/// Reads whole files with a bound on their size; the one place where bytes come from the file system.
///
/// Files under /proc have no size (stat(2) says 0), so a file is read until its end, not by its size.
public enum FileReader {
  /// All bytes of the file at `path`.
  ///
  /// - Parameter limitBytes: a longer file is refused, never cut.
  /// - Throws: `HostError.unreadable`, `.tooLarge`, or `.notRegular` where `requireRegular` is set
  ///   (files that a container controls: a pipe in a file's place would block the reader for ever).
  public static func bytes(
    at path: FilePath, limitBytes: Int, requireRegular: Bool = false
  ) throws(HostError) -> [UInt8] {
    let descriptor = try open(path)
    defer { try? descriptor.close() }
    if requireRegular {
      let status: FileStatus
      do { status = try FileStatus(of: descriptor) } catch { throw .unreadable(path: path, error) }
      guard status.isRegular else { throw .notRegular(path: path) }
    }
    return try bytes(of: descriptor, path: path, limitBytes: limitBytes)
  }

  /// The first bytes of the file at `path`, as many as `limitBytes` or as it has: for a file whose owner can make it as
  /// long, and as slow to read, as he likes, and whose first part says what is asked.
  ///
  /// - Throws: `HostError.unreadable`.
  public static func beginning(at path: FilePath, limitBytes: Int) throws(HostError) -> [UInt8] {
    let descriptor = try open(path)
    defer { try? descriptor.close() }
    return try beginning(of: descriptor, path: path, limitBytes: limitBytes)
  }

  private static func open(_ path: FilePath) throws(HostError) -> FileDescriptor {
    do {
      // O_NONBLOCK has no effect on regular files and keeps open(2) of a pipe from waiting for a writer.
      return try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw .unreadable(path: path, Errno(of: error))
    }
  }

  /// All bytes of an open file, from its start.
  ///
  /// - Parameter isOneRecord: whether the kernel makes the file as a whole and gives as much of it as there is room
  ///   for: where it gives less, that was all.
  public static func bytes(
    of descriptor: FileDescriptor, path: FilePath, limitBytes: Int, isOneRecord: Bool = false
  ) throws(HostError) -> [UInt8] {
    let bytes = try beginning(
      of: descriptor, path: path, limitBytes: limitBytes + 1, isOneRecord: isOneRecord)
    guard bytes.count <= limitBytes else { throw .tooLarge(path: path, limitBytes: limitBytes) }
    return bytes
  }

  private static func beginning(
    of descriptor: FileDescriptor, path: FilePath, limitBytes: Int, isOneRecord: Bool = false
  ) throws(HostError) -> [UInt8] {
    // Most files fit into the first buffer, and what is left of it is enough to see their end.
    var bytes = [UInt8](repeating: 0, count: min(4096, limitBytes))
    var count = 0
    while true {
      let read: Int
      do {
        read = try bytes.withUnsafeMutableBytes { buffer in
          try descriptor.read(
            fromAbsoluteOffset: Int64(count),
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        }
      } catch {
        throw .unreadable(path: path, Errno(of: error))
      }
      let isShort = isOneRecord && count + read < bytes.count
      count += read
      if read == 0 || count == limitBytes || isShort {
        bytes.removeLast(bytes.count - count)
        return bytes
      }
      if count == bytes.count {
        let more = min(count * 3, 1 << 20, limitBytes - count)
        bytes.append(contentsOf: repeatElement(0, count: more))
      }
    }
  }
}

extension Errno {
  /// The errno in an error thrown by swift-system, which throws nothing else.
  public init(of error: any Error) { self = (error as? Errno) ?? .ioError }
}
