import Glibc
import Text

/// The whole of a terminal for as long as something is shown on it again and again, in place; afterwards the
/// terminal is as it was. See termios(3) and console_codes(4).
struct LiveScreen: ~Copyable {
  private let former: termios

  /// Takes the terminal; `nil` where standard input or output is none.
  init?() {
    var attributes = termios()
    guard isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &attributes) == 0 else { return nil }
    former = attributes
    // Keys come one by one and are not shown. Ctrl-C still asks to end; to be stopped half-way would leave the
    // terminal to others as it is now.
    attributes.c_lflag &= ~tcflag_t(ICANON | ECHO)
    withUnsafeMutableBytes(of: &attributes.c_cc) { $0[Int(VSUSP)] = 0 }
    tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
    // The other screen, no cursor, no wrapping: a line that is too long is cut.
    Console.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l", to: .output)
  }

  deinit {
    Console.write("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l", to: .output)
    var attributes = former
    tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
  }

  /// Puts `text` in the place of what was shown. What does not fit below one another is counted.
  func show(_ text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while lines.last == "" { lines.removeLast() }
    let room = max(2, rows)
    var shown = lines.prefix(lines.count > room ? room - 1 : room).map(String.init)
    if lines.count > room { shown.append("… and \(lines.count - room + 1) lines more") }
    Console.write(
      "\u{1b}[H" + shown.map { $0 + "\u{1b}[K" }.joined(separator: "\r\n") + "\u{1b}[J", to: .output)
  }

  /// Waits for a key, or for the time to be over.
  ///
  /// - Returns: whether to end: `q` was pressed, or nobody can press anything any more.
  func waitsForEnd(ms: Int32) -> Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, ms) == 1 else { return false }
    var keys = [UInt8](repeating: 0, count: 64)
    let count = read(STDIN_FILENO, &keys, keys.count)
    if count < 0 { return errno != EINTR && errno != EAGAIN }
    return count == 0 || keys[..<count].contains { $0 == UInt8(ascii: "q") || $0 == UInt8(ascii: "Q") }
  }

  private var rows: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
  }
}
