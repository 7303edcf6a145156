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
    of descriptor: FileDescriptor, path: @autoclosure () -> FilePath, limitBytes: Int,
    isOneRecord: Bool = false
  ) throws(HostError) -> [UInt8] {
    let bytes = try beginning(
      of: descriptor, path: path(), limitBytes: limitBytes + 1, isOneRecord: isOneRecord)
    guard bytes.count <= limitBytes else { throw .tooLarge(path: path(), limitBytes: limitBytes) }
    return bytes
  }

  private static func beginning(
    of descriptor: FileDescriptor, path: @autoclosure () -> FilePath, limitBytes: Int,
    isOneRecord: Bool = false
  ) throws(HostError) -> [UInt8] {
    var bytes: [UInt8] = []
    // Most files fit into the first room, and what is left of it is enough to see their end.
    var room = min(4096, limitBytes)
    while true {
      let start = bytes.count
      var result: Result<Int, Errno> = .success(0)
      let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        result = read(descriptor, at: start, into: UnsafeMutableRawBufferPointer(buffer))
        count = (try? result.get()) ?? 0
      }
      if case .failure(let error) = result { throw .unreadable(path: path(), error) }
      if start == 0 { bytes = part } else { bytes += part }
      if part.isEmpty || bytes.count == limitBytes || (isOneRecord && part.count < room) { return bytes }
      room = part.count < room ? room - part.count : min(bytes.count * 3, 1 << 20, limitBytes - bytes.count)
    }
  }

  private static func read(
    _ descriptor: FileDescriptor, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> Result<Int, Errno> {
    Result { try descriptor.read(fromAbsoluteOffset: Int64(offset), into: buffer) }.mapError { Errno(of: $0) }
  }
}

extension Errno {
  /// The errno in an error thrown by swift-system, which throws nothing else.
  public init(of error: any Error) { self = (error as? Errno) ?? .ioError }
}
