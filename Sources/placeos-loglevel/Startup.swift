import Glibc
import Processes

/// What this program makes sure of before it does anything.
enum Startup {
  static func prepare() {
    openStandardStreams()
    // A closed pipe on standard output is an error of write(2), and so is a file that may not grow: neither is the end of
    // half-done work. signal(7), setrlimit(2).
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    DescriptorLimit.raise()
  }

  /// Puts `/dev/null` in the place of standard streams that are closed: the next file to be opened would get the number
  /// of one, and with it all that is written there.
  private static func openStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free is given, open(2).
      _ = open("/dev/null", O_RDWR)
    }
  }
}
