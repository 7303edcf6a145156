import CLinux
import Glibc
import SystemPackage

/// The output of another program.
public enum ProgramOutput {
  /// Runs a program to its end, with nothing to read, and collects its standard output.
  ///
  /// - Parameters:
  ///   - words: the program's path and its arguments.
  ///   - allowance: how long it may take before it is killed.
  /// - Returns: `nil` if it cannot be run, writes more than `limitBytes`, or does not end in time.
  public static func bytes(of words: [String], within allowance: Duration, limitBytes: Int) -> [UInt8]? {
    var ends: [Int32] = [0, 0]
    guard let path = words.first, access(path, X_OK) == 0, clinux_pipe(&ends, 4 << 10) == 0 else {
      return nil
    }
    defer { close(ends[0]) }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    let program = try? ChildProgram(words, input: null, output: ends[1], errors: null)
    close(null)
    close(ends[1])
    guard let program else { return nil }
    // One in uninterruptible sleep is left behind.
    defer {
      program.signal(SIGKILL)
      _ = program.exitStatus()
    }
    return read(ends[0], within: allowance, limitBytes: limitBytes)
  }

  private static func read(_ end: Int32, within allowance: Duration, limitBytes: Int) -> [UInt8]? {
    let clock = ContinuousClock()
    let over = clock.now + allowance
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4 << 10)
    while bytes.count <= limitBytes {
      let left = (over - clock.now).components
      let leftMs = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
      var entry = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
      let ready = leftMs > 0 ? poll(&entry, 1, Int32(clamping: leftMs)) : 0
      if ready < 0, errno == EINTR { continue }
      guard ready == 1 else { return nil }
      let count = Glibc.read(end, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += chunk[..<count]
    }
    return nil
  }
}
