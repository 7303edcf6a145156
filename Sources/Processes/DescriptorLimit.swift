import Glibc

/// How many descriptors this process may have: `RLIMIT_NOFILE`, getrlimit(2).
public enum DescriptorLimit {
  /// The current limit; 256 if the kernel does not say.
  public static var soft: Int {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return 256 }
    return Int(clamping: limit.rlim_cur)
  }

  /// Raises the soft limit to the hard one. Holding a process takes two descriptors, and systemd's default
  /// soft limit is 1,024, far below its hard one.
  public static func raise() {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    setrlimit(resource, &limit)
  }

  private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
