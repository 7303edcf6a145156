/// The addresses of a network namespace itself.
public struct LocalAddresses: Hashable, Sendable {
  /// 4 bytes each, or 16.
  public let addresses: Set<[UInt8]>

  /// - Parameters:
  ///   - trie: `/proc/PID/net/fib_trie`, whose local addresses are the names above `/32 host LOCAL`:
  ///     ```
  ///            |-- 10.9.0.1
  ///               /32 host LOCAL
  ///     ```
  ///   - interfaces: `/proc/PID/net/if_inet6`:
  ///     ```
  ///     fe80000000000000004203fffe1f0001 02 40 20 80     eth0
  ///     ```
  public init(parsing trie: [UInt8], interfaces: [UInt8]) {
    var addresses: Set<[UInt8]> = []
    var last: ArraySlice<UInt8>?
    for line in trie.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      if words.count == 2, words[0].elementsEqual("|--".utf8) {
        last = words[1]
      } else if words.count == 3, words[0].elementsEqual("/32".utf8), words[2].elementsEqual("LOCAL".utf8),
        let text = last, let address = NetworkEndpoint.address(parsing: String(decoding: text, as: UTF8.self))
      {
        addresses.insert(address)
      }
    }
    for line in interfaces.split(separator: UInt8(ascii: "\n")) {
      let digits = Array(line.prefix { $0 != UInt8(ascii: " ") })
      guard digits.count == 32 else { continue }
      let values = digits.compactMap(\.hexadecimalValue)
      guard values.count == 32 else { continue }
      addresses.insert(stride(from: 0, to: 32, by: 2).map { values[$0] << 4 | values[$0 + 1] })
    }
    self.addresses = addresses
  }
}
