import Glibc
import Processes
import SystemPackage

/// What an executable says of itself: whether it belongs to PlaceOS, and where it keeps its trace flag.
///
/// The file belongs to a container, which may have made it to harm its reader. It is read with pread(2) from
/// a descriptor that is opened once (nothing is mapped, as nobody must be able to truncate it under the
/// reader), and only in part: the headers, the build id, the symbol table and its names.
public struct ExecutableSymbols: Hashable, Sendable {
  public let identity: ExecutableIdentity
  public let machine: ELFHeader.Machine
  /// Whether the kernel chooses where it is loaded.
  public let isPositionIndependent: Bool
  /// The program's entry, before the load base is added.
  public let entryAddress: UInt64
  /// In ascending order of their addresses.
  public let segments: [ELFSegment]
  /// Whether it has no symbol table, so that nothing can be said of the following.
  public let isStripped: Bool
  /// `nil` if the executable has no such symbol, or `traceFlagProblem` one that cannot be used.
  public let traceFlag: TraceFlagSymbol?
  /// Why there is no `traceFlag` although a symbol has its name: it is not a variable of one byte, or there
  /// are two.
  public let traceFlagProblem: String?
  /// Whether a symbol is of the module `PlaceOS`, which proves that the program belongs to PlaceOS.
  public let hasPlaceOSNamespace: Bool

  /// Reads an open executable.
  ///
  /// - Parameter path: for errors only.
  /// - Throws: `HostError.notRegular`, `.unreadable`, or `.malformed` for anything but an ELF executable of
  ///   the kind that PlaceOS has, for one that elf(5) does not allow, and for a file that changed while it
  ///   was read.
  public static func read(
    from descriptor: FileDescriptor, path: FilePath
  ) throws(HostError) -> ExecutableSymbols {
    var cache = SymbolCache()
    return try read(from: descriptor, path: path, cache: &cache)
  }

  /// Checks what the cache says of the executable. If that is wrong, or the cache says nothing, reads the
  /// symbols and adds the result to the cache.
  public static func read(
    from descriptor: FileDescriptor, path: FilePath, cache: inout SymbolCache
  ) throws(HostError) -> ExecutableSymbols {
    try read(from: descriptor, path: path, cache: &cache, bytes: Self.bytes(of:path:offset:count:))
  }

  /// - Parameter bytes: reads exactly `count` bytes at an offset, or throws.
  static func read(
    from descriptor: FileDescriptor, path: FilePath, cache: inout SymbolCache,
    bytes: (FileDescriptor, FilePath, _ offset: UInt64, _ count: Int) throws(HostError) -> [UInt8]
  ) throws(HostError) -> ExecutableSymbols {
    let before = try Self.status(of: descriptor, path: path)
    guard before.isRegular else { throw .notRegular(path: path) }
    let entry = cache.entry(for: before)
    let found = try withoutActuallyEscaping(bytes) { bytes throws(HostError) in
      let file = ELFFile(path: path, sizeBytes: UInt64(max(0, before.sizeBytes))) {
        offset, count throws(HostError) in
        try bytes(descriptor, path, offset, count)
      }
      return try ExecutableSymbols(
        reading: file, identity: ExecutableIdentity(before), entry: entry)
    }
    guard try Self.status(of: descriptor, path: path) == before else {
      throw .malformed(path: path, reason: "it changed while it was read")
    }
    if let flag = found.traceFlag, entry?.traceFlag != flag || entry?.identity != found.identity {
      cache.record(SymbolCache.Entry(identity: found.identity, traceFlag: flag))
    }
    return found
  }

  /// Reads an executable that is in memory.
  ///
  /// - Parameter identity: of its file; the build id is taken from the bytes.
  init(
    parsing bytes: [UInt8], identity: ExecutableIdentity, entry: SymbolCache.Entry? = nil
  ) throws(HostError) {
    let file = ELFFile(path: "", sizeBytes: UInt64(bytes.count)) { offset, count in
      Array(bytes[Int(offset)..<(Int(offset) + count)])
    }
    try self.init(reading: file, identity: identity, entry: entry)
  }

  private init(
    reading file: ELFFile, identity: ExecutableIdentity, entry: SymbolCache.Entry?
  ) throws(HostError) {
    let header = try file.header()
    segments = try file.segments(header)
    let sections = try file.sections(header)
    self.identity = identity.with(buildID: try file.buildID(sections))
    machine = header.machine
    isPositionIndependent = header.kind == .positionIndependent
    entryAddress = header.entryAddress
    guard let table = sections.symbolTable else {
      (isStripped, traceFlag, traceFlagProblem, hasPlaceOSNamespace) = (true, nil, nil, false)
      return
    }
    isStripped = false
    if let entry, entry.identity == self.identity,
      try file.confirms(entry.traceFlag, table: table, sections: sections, segments: segments)
    {
      // The flag's own name is one of the namespace.
      (traceFlag, traceFlagProblem, hasPlaceOSNamespace) = (entry.traceFlag, nil, true)
      return
    }
    let symbols = try file.symbols(table, sections: sections, segments: segments)
    traceFlag = symbols.traceFlag
    traceFlagProblem = symbols.traceFlagProblem
    hasPlaceOSNamespace = symbols.hasPlaceOSNamespace
  }

  static func bytes(
    of descriptor: FileDescriptor, path: FilePath, offset: UInt64, count: Int
  ) throws(HostError) -> [UInt8] {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(
          descriptor.rawValue, buffer.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = Errno(rawValue: errno) }
        if got <= 0 { return }
        filled += got
      }
    }
    if let failure { throw .unreadable(path: path, failure) }
    guard bytes.count == count else { throw .malformed(path: path, reason: "it changed while it was read") }
    return bytes
  }

  private static func status(of descriptor: FileDescriptor, path: FilePath) throws(HostError) -> FileStatus {
    do { return try FileStatus(of: descriptor) } catch { throw .unreadable(path: path, error) }
  }
}
