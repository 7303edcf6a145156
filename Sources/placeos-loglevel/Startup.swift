import Glibc

/// What this program makes sure of before it does anything.
enum Startup {
  static func prepare() {
    openStandardStreams()
    // A closed pipe on standard output is an error of write(2), and so is a file that may not grow: neither is the end of
    // half-done work. signal(7), setrlimit(2).
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    raiseDescriptorLimit()
  }

  /// Puts `/dev/null` in the place of standard streams that are closed: the next file to be opened would get the number
  /// of one, and with it all that is written there.
  private static func openStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free is given, open(2).
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// To hold a process takes two descriptors, and systemd allows 1,024 by default where it would allow far more.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    setrlimit(resource, &limit)
  }
}
