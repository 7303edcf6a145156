extension Duration {
  /// The whole of it in nanoseconds, as the kernel's interfaces take it; what does not fit is the longest that does.
  public var nanoseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000) }
}
