import Text

/// The memory of a process as `/proc/PID/maps` lists it, proc_pid_maps(5).
public struct MemoryMaps: Hashable, Sendable {
  /// One line of it: memory of one kind, from `start` up to `end`.
  public struct Mapping: Hashable, Sendable {
    public let start: UInt64
    public let end: UInt64
    public let isReadable: Bool
    public let isWritable: Bool
    /// Whether a change stays in the process (`p`), and is not made in a shared file (`s`).
    public let isPrivate: Bool
    /// The offset in the file at which it begins.
    public let fileOffset: UInt64
    /// The file system's device; on a layered one, not always what stat(2) says of the file.
    public let deviceMajor: UInt32
    public let deviceMinor: UInt32
    /// 0 for memory without a file.
    public let inode: UInt64
    /// The file's path, or a name in brackets such as `[heap]`, or nothing. A newline in it is `\012`.
    public let name: String

    public func contains(_ address: UInt64) -> Bool { address >= start && address < end }
  }

  /// In ascending order of their addresses.
  public let mappings: [Mapping]

  // 55e1c0978000-55e1c0979000 rw-p 00178000 fe:01 2757126                    /srv/rest api
  // 55e1d2a4f000-55e1d2a91000 rw-p 00000000 00:00 0                          [heap]
  // 7f0c6a000000-7f0c6a021000 rw-p 00000000 00:00 0
  /// - Throws: `ParseError` for a line of another form, and for mappings that overlap or are not in order.
  public init(parsing bytes: [UInt8]) throws(ParseError) {
    var mappings: [Mapping] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let mapping = Mapping(line: line) else { throw ParseError("not a line of memory maps") }
      if let previous = mappings.last, mapping.start < previous.end {
        throw ParseError("memory maps that overlap")
      }
      mappings.append(mapping)
    }
    self.mappings = mappings
  }

  /// The number of the mapping that an address is in.
  public func index(of address: UInt64) -> Int? {
    mappings.firstIndex { $0.contains(address) }
  }
}

extension MemoryMaps.Mapping {
  fileprivate init?(line: ArraySlice<UInt8>) {
    // Everything after the fifth space is the path, with its own spaces.
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5, omittingEmptySubsequences: false)
    guard fields.count >= 5,
      let (start, end) = Self.pair(fields[0], separator: "-"), start < end,
      let (major, minor) = Self.pair(fields[3], separator: ":"),
      let deviceMajor = UInt32(exactly: major), let deviceMinor = UInt32(exactly: minor),
      let fileOffset = UInt64(hexadecimal: fields[2]), let inode = UInt64(ascii: fields[4])
    else { return nil }
    let flags = Array(fields[1])
    guard flags.count == 4, flags[0] == UInt8(ascii: "r") || flags[0] == UInt8(ascii: "-"),
      flags[1] == UInt8(ascii: "w") || flags[1] == UInt8(ascii: "-"),
      flags[3] == UInt8(ascii: "p") || flags[3] == UInt8(ascii: "s")
    else { return nil }
    self.start = start
    self.end = end
    isReadable = flags[0] == UInt8(ascii: "r")
    isWritable = flags[1] == UInt8(ascii: "w")
    isPrivate = flags[3] == UInt8(ascii: "p")
    self.fileOffset = fileOffset
    self.deviceMajor = deviceMajor
    self.deviceMinor = deviceMinor
    self.inode = inode
    let path = fields.count > 5 ? fields[5].drop { $0 == UInt8(ascii: " ") } : []
    name = String(decoding: path, as: UTF8.self)
  }

  private static func pair(
    _ field: ArraySlice<UInt8>, separator: Unicode.Scalar
  ) -> (UInt64, UInt64)? {
    let parts = field.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
    guard parts.count == 2, let first = UInt64(hexadecimal: parts[0]),
      let second = UInt64(hexadecimal: parts[1])
    else { return nil }
    return (first, second)
  }
}

extension UInt64 {
  /// A hexadecimal number without a prefix; `nil` for anything else and for one that does not fit.
  fileprivate init?(hexadecimal bytes: ArraySlice<UInt8>) {
    guard (1...16).contains(bytes.count) else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      guard let digit = byte.hexadecimalValue else { return nil }
      value = value << 4 | UInt64(digit)
    }
    self = value
  }
}
