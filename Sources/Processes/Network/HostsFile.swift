import Glibc

/// `/etc/hosts`, which a resolver reads before it asks a server; hosts(5).
public struct HostsFile: Hashable, Sendable {
  private var addresses: [String: [[UInt8]]] = [:]

  /// ```
  /// 127.0.0.1  localhost
  /// 172.18.0.5  core.placeos core   # a comment
  /// ```
  public init(parsing bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
      guard let first = words.first, let address = NetworkEndpoint.address(parsing: first) else { continue }
      for name in words.dropFirst() { addresses[name.lowercased(), default: []].append(address) }
    }
  }

  /// The addresses of a name, in the file's order: 4 bytes each, or 16.
  public func addresses(of name: String) -> [[UInt8]] { addresses[name.lowercased()] ?? [] }
}

extension NetworkEndpoint {
  /// The bytes of an address in digits, 4 or 16; `nil` for anything else. inet_pton(3)
  public static func address(parsing text: String) -> [UInt8]? {
    // An address with a NUL byte would be cut there.
    guard text.utf8.count < 64, !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes[..<4]) }
    guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
    return NetworkEndpoint(address: bytes, port: 0).address
  }

  /// Whether these bytes are an address that never leaves its namespace: 127.0.0.0/8 or ::1.
  public static func isLoopback(_ address: [UInt8]) -> Bool {
    address.count == 4 ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
  }
}
