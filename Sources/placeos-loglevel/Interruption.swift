import Glibc
import Synchronization

/// Signals that ask this program to end while it is working on others' processes: noted, and acted on where
/// nothing is half done. Before and after that they end it at once, like any program.
enum Interruption {
  private static let signals = [SIGHUP, SIGINT, SIGTERM]
  /// The first signal that came; 0: none. A handler may do no more than store a number, signal-safety(7).
  private static let received = Atomic<Int32>(0)

  /// The signal that asked this program to end, if one did since ``note(during:)`` began.
  @Sendable static func signal() -> Int32? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// The same, and clears it: it was for somebody else.
  static func take() -> Int32? {
    let signal = received.exchange(0, ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// Runs `body`, which has to check ``signal()`` now and then.
  static func note<Result, Failure: Error>(during body: () throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    received.store(0, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { signal in
      _ = Interruption.received.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
    }
    // It must not interrupt a write to a file.
    action.sa_flags = SA_RESTART
    var former: [(Int32, sigaction)] = []
    for signal in signals {
      var old = sigaction()
      sigaction(signal, nil, &old)
      // Whoever had it ignored (nohup(1)) means it.
      if unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
      sigaction(signal, &action, nil)
      former.append((signal, old))
    }
    defer { for (signal, var old) in former { sigaction(signal, &old, nil) } }
    return try body()
  }
}
