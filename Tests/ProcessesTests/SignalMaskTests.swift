import Glibc
import Testing

@testable import Processes
@testable import Text

@Suite("Signal masks")
struct SignalMaskTests {
  @Test("Signal N is bit N - 1", arguments: Int32(1)...64)
  func bits(signal: Int32) throws {
    let digits = String(UInt64(1) << UInt64(signal - 1), radix: 16)
    let text = String(repeating: "0", count: 16 - digits.count) + digits
    let mask = try SignalMask(parsing: text.utf8)
    for other in Int32(-1)...66 { #expect(mask.contains(other) == (other == signal)) }
  }

  @Test("The two signals that matter are where the kernel has them")
  func known() {
    #expect(SignalMask(bits: 0x200).contains(SIGUSR1))
    #expect(SignalMask(bits: 0x800).contains(SIGUSR2))
  }

  @Test("Digits may be of either case, and all bits may be set")
  func digits() throws {
    #expect(try SignalMask(parsing: "00000000abcdefAB".utf8).bits == 0xABCD_EFAB)
    #expect(try SignalMask(parsing: "ffffffffffffffff".utf8).bits == .max)
    #expect(try SignalMask(parsing: "0000000000000000".utf8).bits == 0)
  }

  @Test(
    "What has not sixteen digits is no mask",
    arguments: [
      "", "0", "20810640", "000000002081064", "00000000020810640", "0000000020810640 ", "00000000 0810640",
    ])
  func refused(text: String) {
    #expect(throws: ParseError.self) { try SignalMask(parsing: text.utf8) }
  }

  @Test("A union has what either has")
  func union() {
    #expect(SignalMask(bits: 0b0101).union(SignalMask(bits: 0b0011)).bits == 0b0111)
  }
}
