import Glibc

/// How many descriptors this process may have: `RLIMIT_NOFILE`, getrlimit(2).
public enum DescriptorLimit {
  /// The limit in force now; 256 where the kernel does not say.
  public static var soft: Int {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return 256 }
    return Int(clamping: limit.rlim_cur)
  }

  /// Raises the soft limit as far as the hard one allows. To hold a process takes two descriptors, and systemd allows
  /// 1,024 by default where it would allow far more.
  public static func raise() {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    setrlimit(resource, &limit)
  }

  private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
