import Glibc
import Processes
import Report
import Text

/// The whole terminal while something is shown on it again and again, in place; afterwards it is restored.
/// See termios(3) and console_codes(4).
final class LiveScreen {
  private let former: termios
  private var viewport = Viewport()
  private var lines: [String] = []

  /// Takes the terminal; `nil` if standard input or output is not one.
  init?() {
    var attributes = termios()
    guard isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &attributes) == 0 else { return nil }
    former = attributes
    // Keys arrive one by one and are not shown. Ctrl-C still asks to end; Ctrl-Z would leave the terminal to
    // others in this state.
    attributes.c_lflag &= ~tcflag_t(ICANON | ECHO)
    withUnsafeMutableBytes(of: &attributes.c_cc) { $0[Int(VSUSP)] = 0 }
    tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
    // The alternate screen, no cursor, no wrapping.
    Console.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l", to: .output)
  }

  deinit {
    Console.write("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l", to: .output)
    var attributes = former
    tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
  }

  /// Shows `text` instead of what was shown. What does not fit can be scrolled to.
  func show(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while lines.last == "" { lines.removeLast() }
    draw()
  }

  private func draw() {
    let shown = viewport.visible(lines, rows: rows).map { $0 + "\u{1b}[K" }
    Console.write("\u{1b}[H" + shown.joined(separator: "\r\n") + "\u{1b}[J", to: .output)
  }

  /// Waits until the time is up; scrolls meanwhile as keys ask for.
  ///
  /// - Returns: whether to end: `q` was pressed, or nobody can press anything any more.
  func waitsForEnd(ms: Int64) -> Bool {
    let end = BootTime.now() + .milliseconds(ms)
    while true {
      let leftMs = (end - .now()).nanoseconds / 1_000_000
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard leftMs > 0, poll(&input, 1, Int32(leftMs)) == 1 else { return false }
      var keys = [UInt8](repeating: 0, count: 64)
      let count = read(STDIN_FILENO, &keys, keys.count)
      if count < 0, errno == EINTR || errno == EAGAIN { return false }
      guard count > 0 else { return true }
      if viewport.take(keys[..<count], lines: lines.count, rows: rows) { return true }
      draw()
    }
  }

  private var rows: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
  }
}
