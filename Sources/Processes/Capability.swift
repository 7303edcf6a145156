import SystemPackage

/// What this program may do beyond an ordinary user, capabilities(7).
public enum Capability: Int, Sendable {
  /// Among much else, allows entering other processes' namespaces.
  case systemAdministration = 21

  /// Whether this program has it now: a bit of `CapEff` in `/proc/self/status`.
  public var isHeld: Bool {
    let bytes = (try? FileReader.bytes(at: "/proc/self/status", limitBytes: 64 << 10)) ?? []
    let name = "CapEff:\t"
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: name.utf8) {
      let digits = String(decoding: line.dropFirst(name.utf8.count), as: UTF8.self)
      return UInt64(digits, radix: 16).map { $0 >> UInt64(rawValue) & 1 == 1 } ?? false
    }
    return false
  }
}
