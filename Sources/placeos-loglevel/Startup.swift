import Glibc
import Processes

/// What this program makes sure of before it does anything.
enum Startup {
  static func prepare() {
    openStandardStreams()
    // A closed pipe on standard output is an error of write(2), and so is a file that may not grow: neither
    // may kill this program with its work half done. signal(7), setrlimit(2).
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    DescriptorLimit.raise()
  }

  /// Opens `/dev/null` for standard streams that are closed: the next opened file would get the number of
  /// one, and with it everything written there.
  private static func openStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is used, open(2).
      _ = open("/dev/null", O_RDWR)
    }
  }
}
