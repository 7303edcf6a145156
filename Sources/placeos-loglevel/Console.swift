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
    var style: Style { Style(columns: columns, environment: Invocation.environment) }
    /// The width of the terminal, in characters; `nil` without one. ioctl_tty(2).
    var columns: Int? {
      guard isTerminal else { return nil }
      var size = winsize()
      return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
    /// One sentence, wrapped to the terminal; on one line without one.
    func lines(_ sentence: String) -> [String] {
      let lines = sentence.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      return lines.flatMap { $0.isEmpty ? [""] : $0.wrapped(columns ?? .max) }
    }
  }

  /// Why standard output could not be written, unless its reader is gone.
  nonisolated(unsafe) private(set) static var outputFailure: Errno?

  /// Whether nothing written to standard output arrives anywhere.
  nonisolated(unsafe) private(set) static var isOutputGone = false

  /// Writes all of `text`. A missing reader is ignored; any other failure is kept, and ends the writing.
  static func write(_ text: String, to stream: Stream) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(stream.descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let code = count < 0 ? Errno(rawValue: errno) : .noSpace
        if stream == .output { isOutputGone = true }
        if stream == .output, code != .brokenPipe { outputFailure = outputFailure ?? code }
        return
      }
      bytes = bytes.dropFirst(count)
    }
  }

  /// One line for a person on standard error.
  static func remark(_ sentence: String) { write("placeos-loglevel: \(escaped(sentence))\n", to: .error) }

  /// Text of several lines with all other control characters escaped: it may repeat what the caller typed, or
  /// name one of the caller's paths.
  static func escaped(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
      .joined(separator: "\n")
  }
}
