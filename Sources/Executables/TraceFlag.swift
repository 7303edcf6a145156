import CLinux
import Glibc
import Processes
import SystemPackage
import Text

/// The trace flag of one process: a byte of its memory, found once and then read with one call each time.
///
/// Only that byte is ever read, and nothing is ever written. The process is not stopped and does not notice.
public struct TraceFlag: Hashable, Sendable {
  public let pid: Int32
  public let kind: TraceFlagSymbol.Kind
  /// Where the byte is in the memory of the process.
  public let address: UInt64

  /// - Throws: `ParseError` where the symbol does not lie in the executable's own data.
  public init(pid: Int32, symbol: TraceFlagSymbol, image: ExecutableImage) throws(ParseError) {
    self.pid = pid
    kind = symbol.kind
    address = try image.address(of: symbol)
  }

  /// For tests of what the kernel refuses.
  init(pid: Int32, kind: TraceFlagSymbol.Kind, address: UInt64) {
    self.pid = pid
    self.kind = kind
    self.address = address
  }

  /// Whether the process is in debug mode; `nil` where the byte is neither 0 nor 1. One call of
  /// process_vm_readv(2).
  ///
  /// The call goes by the pid. Who reads has to know that the pid is still the same process's *after* the
  /// reading (its pidfd is not readable yet, or a read through its open folder succeeds).
  ///
  /// - Throws: `HostError.process`: EPERM where the right to trace the process is missing, ESRCH where
  ///   there is no such process, EFAULT where it has no memory at the address (it has executed another
  ///   program).
  public func read() throws(HostError) -> Bool? {
    var byte: UInt8 = 0xff
    let count = clinux_process_read(pid, address, &byte, 1)
    guard count == 1 else {
      throw .process(
        pid: pid, call: "process_vm_readv", count < 0 ? Errno(rawValue: errno) : .badAddress)
    }
    switch byte {
    case 0: return false
    case 1: return true
    default: return nil
    }
  }
}
