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
    try bytes.forEachLine { line throws(ParseError) in
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
  fileprivate init?(line: Slice<UnsafeBufferPointer<UInt8>>) {
    // Everything after the fifth space is the path, with its own spaces.
    var rest = line
    func field(upTo separator: Unicode.Scalar = " ") -> Slice<UnsafeBufferPointer<UInt8>> {
      let end = rest.firstIndex(of: UInt8(ascii: separator)) ?? rest.endIndex
      defer { rest = rest[min(end + 1, rest.endIndex)...] }
      return rest[..<end]
    }
    guard let start = UInt64(hexadecimal: field(upTo: "-")), let end = UInt64(hexadecimal: field()),
      start < end
    else { return nil }
    let flags = field()
    guard let fileOffset = UInt64(hexadecimal: field()),
      let deviceMajor = UInt64(hexadecimal: field(upTo: ":")).flatMap({ UInt32(exactly: $0) }),
      let deviceMinor = UInt64(hexadecimal: field()).flatMap({ UInt32(exactly: $0) }),
      let inode = UInt64(ascii: field())
    else { return nil }
    func flag(_ number: Int, _ set: Unicode.Scalar, _ unset: Unicode.Scalar) -> Bool? {
      let flag = flags[flags.startIndex + number]
      return flag == UInt8(ascii: set) ? true : flag == UInt8(ascii: unset) ? false : nil
    }
    guard flags.count == 4, let isReadable = flag(0, "r", "-"), let isWritable = flag(1, "w", "-"),
      let isPrivate = flag(3, "p", "s")
    else { return nil }
    self.start = start
    self.end = end
    self.isReadable = isReadable
    self.isWritable = isWritable
    self.isPrivate = isPrivate
    self.fileOffset = fileOffset
    self.deviceMajor = deviceMajor
    self.deviceMinor = deviceMinor
    self.inode = inode
    name = String(decoding: rest.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
  }
}

extension UInt64 {
  /// A hexadecimal number without a prefix; `nil` for anything else and for one that does not fit.
  fileprivate init?(hexadecimal bytes: Slice<UnsafeBufferPointer<UInt8>>) {
    guard (1...16).contains(bytes.count) else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      guard let digit = byte.hexadecimalValue else { return nil }
      value = value << 4 | UInt64(digit)
    }
    self = value
  }
}
