import Text

/// What `/proc/PID/io` says, as far as this program asks; proc_pid_io(5). Reading it needs the right to trace
/// the process.
///
///     rchar: 323934931
///     wchar: 323929600
///     syscr: 632687
///     syscw: 632675
///     read_bytes: 0
///     write_bytes: 323932160
///     cancelled_write_bytes: 0
public struct ProcIO: Hashable, Sendable {
  /// Bytes passed to write(2) and the like, by all threads since the start: `wchar`. What a service in a
  /// container logs goes into a pipe, and `write_bytes` (bytes sent to a disk) does not count it: the runtime
  /// at the other end writes the file.
  public let writtenBytes: UInt64

  public init(parsing bytes: [UInt8]) throws(ParseError) {
    let mark = Array("wchar: ".utf8)
    // Only a complete line counts: in one that is cut off, the number could be the start of a longer one.
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    guard let line = lines.first(where: { $0.starts(with: mark) }),
      let written = UInt64(ascii: line.dropFirst(mark.count))
    else { throw ParseError("no line wchar") }
    writtenBytes = written
  }
}
