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
  /// The byte's address in the process.
  public let address: UInt64

  /// - Throws: `ParseError` if the symbol does not lie in the executable's own data.
  public init(pid: Int32, symbol: TraceFlagSymbol, image: ExecutableImage) throws(ParseError) {
    self.pid = pid
    kind = symbol.kind
    address = try image.address(of: symbol)
  }

  /// For tests of the kernel's refusals.
  init(pid: Int32, kind: TraceFlagSymbol.Kind, address: UInt64) {
    self.pid = pid
    self.kind = kind
    self.address = address
  }

  /// Whether the process is in debug mode; `nil` if the byte is neither 0 nor 1. One call of
  /// process_vm_readv(2); if a seccomp filter refuses that, as Docker's did before version 19.03 and on
  /// kernels before 4.8, the same byte of `/proc/PID/mem`, proc_pid_mem(5).
  ///
  /// The call goes by the pid. The caller has to know that the pid is still the same process's *after* the
  /// read (its pidfd is not readable yet, or a read through its open folder succeeds).
  ///
  /// - Throws: `HostError.process`: EPERM without the right to trace the process, ESRCH if there is no such
  ///   process, EFAULT if it has no memory at the address (it has executed another program).
  public func read() throws(HostError) -> Bool? {
    var byte: UInt8 = 0xff
    let count = clinux_process_read(pid, address, &byte, 1)
    let code = count < 0 ? Errno(rawValue: errno) : .badAddress
    guard count == 1 || ((code == .notPermitted || code == .noFunction) && readFile(into: &byte)) else {
      throw .process(pid: pid, call: "process_vm_readv", code)
    }
    switch byte {
    case 0: return false
    case 1: return true
    default: return nil
    }
  }

  private func readFile(into byte: inout UInt8) -> Bool {
    guard let offset = Int64(exactly: address),
      let file = try? FileDescriptor.open("/proc/\(pid)/mem", .readOnly, options: .closeOnExec)
    else { return false }
    defer { try? file.close() }
    let count = try? withUnsafeMutableBytes(of: &byte) { try file.read(fromAbsoluteOffset: offset, into: $0) }
    return count == 1
  }
}
