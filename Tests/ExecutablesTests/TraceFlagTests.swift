import Glibc
import SystemPackage
import Testing

@testable import Executables
@testable import Processes

@Suite("The byte of a trace flag")
struct TraceFlagTests {
  /// Reads a byte of the tests' own memory as if it were a flag.
  static func read(_ byte: UInt8) throws -> Bool? {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer { memory.deallocate() }
    memory.pointee = byte
    return try TraceFlag(
      pid: getpid(), kind: .logBackend, address: UInt64(UInt(bitPattern: memory))
    ).read()
  }

  @Test("says off at 0, on at 1, and nothing at any other value")
  func values() throws {
    #expect(try Self.read(0) == false)
    #expect(try Self.read(1) == true)
    for byte: UInt8 in [2, 3, 0x80, 0xff] { #expect(try Self.read(byte) == nil) }
  }

  @Test("cannot be read where the process has no memory")
  func noMemory() {
    for address: UInt64 in [0, 8, .max] {
      #expect(throws: HostError.process(pid: getpid(), call: "process_vm_readv", .badAddress)) {
        try TraceFlag(pid: getpid(), kind: .driver, address: address).read()
      }
    }
  }

  @Test("cannot be read of a process that does not exist")
  func noProcess() {
    // Larger than the largest pid there can be, 2^22.
    let pid: Int32 = 1 << 23
    #expect(throws: HostError.process(pid: pid, call: "process_vm_readv", .noSuchProcess)) {
      try TraceFlag(pid: pid, kind: .driver, address: 4096).read()
    }
  }
}
