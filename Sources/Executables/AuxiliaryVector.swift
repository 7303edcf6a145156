import Text

/// What the kernel told a program at its start, `/proc/PID/auxv`; getauxval(3), proc_pid_auxv(5).
public struct AuxiliaryVector: Hashable, Sendable {
  /// `AT_ENTRY`: where the program begins, as loaded.
  public let entryAddress: UInt64

  /// - Parameter bytes: pairs of a type and a value, 8 bytes each, up to a pair of type 0.
  /// - Throws: `ParseError` if there is no entry address: execve(2) has not got that far yet.
  public init(parsing bytes: [UInt8]) throws(ParseError) {
    let fields = ELFFields(bytes: bytes)
    for start in stride(from: 0, to: bytes.count & ~15, by: 16) {
      switch try fields.number(at: start, as: UInt64.self) {
      case 9:
        entryAddress = try fields.number(at: start + 8, as: UInt64.self)
        return
      case 0: throw ParseError("no entry address yet")
      default: continue
      }
    }
    throw ParseError("no entry address")
  }
}
