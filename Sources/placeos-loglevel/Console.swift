import Glibc
import Processes
import Report
import SystemPackage

/// The two streams of the program.
enum Console {
  enum Stream {
    case output, error

    var descriptor: Int32 { self == .output ? STDOUT_FILENO : STDERR_FILENO }
    var isTerminal: Bool { isatty(descriptor) == 1 }
    var style: Style { Style(isTerminal: isTerminal, environment: Invocation.environment) }
  }

  /// Why standard output could not be written, where that was no reader that is gone.
  nonisolated(unsafe) private(set) static var outputFailure: Errno?

  /// Writes all of `text`. A reader that is gone is no reason to stop; any other failure is kept, and ends the writing.
  static func write(_ text: String, to stream: Stream) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(stream.descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let code = count < 0 ? Errno(rawValue: errno) : .noSpace
        if stream == .output, code != .brokenPipe { outputFailure = outputFailure ?? code }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }

  /// One line for a person on standard error.
  static func remark(_ sentence: String) { write("placeos-loglevel: \(escaped(sentence))\n", to: .error) }

  /// Text of several lines with all other control characters escaped: it may repeat what the caller typed, or
  /// name a path of his.
  static func escaped(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
      .joined(separator: "\n")
  }
}
