import Text

/// A set of signals as /proc/PID/status prints it: 16 hexadecimal digits, signal N is bit N - 1.
public struct SignalMask: Hashable, Sendable {
  public let bits: UInt64

  public init(bits: UInt64) { self.bits = bits }

  /// `0000000020810640`: all digits; fewer are the start of another number.
  public init(parsing bytes: some Collection<UInt8>) throws(ParseError) {
    guard bytes.count == 16 else { throw ParseError("no signal mask") }
    var bits: UInt64 = 0
    for byte in bytes {
      guard let digit = byte.hexadecimalValue else { throw ParseError("no signal mask") }
      bits = bits << 4 | UInt64(digit)
    }
    self.bits = bits
  }

  /// Whether the set holds the signal with this number (signal(7)).
  public func contains(_ signal: Int32) -> Bool {
    (1...64).contains(signal) && bits & (1 << UInt64(signal - 1)) != 0
  }

  public func union(_ other: SignalMask) -> SignalMask { SignalMask(bits: bits | other.bits) }
}

/// The signal sets of one process.
public struct SignalMasks: Hashable, Sendable {
  public let caught: SignalMask
  public let ignored: SignalMask
  /// Sent and not yet delivered, to the process or to its main thread.
  public let pending: SignalMask

  public init(caught: SignalMask, ignored: SignalMask, pending: SignalMask) {
    self.caught = caught
    self.ignored = ignored
    self.pending = pending
  }
}

extension SignalMasks: Message {
  public func write(to message: inout MessageWriter) {
    message.write(caught.bits, ignored.bits, pending.bits)
  }

  public init(from message: inout MessageReader) throws(ParseError) {
    self.init(
      caught: SignalMask(bits: try message.read()), ignored: SignalMask(bits: try message.read()),
      pending: SignalMask(bits: try message.read()))
  }
}
