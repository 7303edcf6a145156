import Processes
import Text

/// An executable in the memory of a process: where it is, and which memory belongs to it.
public struct ExecutableImage: Hashable, Sendable {
  /// Added to each address of the executable: 0 if it is not position-independent.
  public let base: UInt64
  private let executable: ExecutableSymbols
  private let maps: MemoryMaps
  private let entryMapping: Int

  /// Finds the executable in the memory of a process.
  ///
  /// The kernel adds one number, the load base, to all addresses of a position-independent executable. So
  /// `base = AT_ENTRY - e_entry`. The mapping with that entry is the executable's, and each loaded segment
  /// must be mapped from the same file: the byte at `base + p_vaddr` is the file's byte at `p_offset`. The
  /// file is known by what the maps say of it and not by stat(2): in layered file systems (overlayfs, Btrfs)
  /// the two do not give the same device, nor always the same inode.
  ///
  /// - Parameter entry: `AT_ENTRY`; of an executable that is not position-independent, its own `e_entry`.
  /// - Throws: `ParseError` if the memory is not that of this executable.
  public init(
    of executable: ExecutableSymbols, entry: UInt64, maps: MemoryMaps
  ) throws(ParseError) {
    let (base, underflow) = entry.subtractingReportingOverflow(executable.entryAddress)
    // 4 KiB is the smallest page; all others are multiples of it.
    guard !underflow, base.isMultiple(of: 4096), base == 0 || executable.isPositionIndependent,
      let entryMapping = maps.index(of: entry), maps.mappings[entryMapping].inode != 0
    else { throw ParseError("the process does not run the executable that was read") }
    self.base = base
    self.executable = executable
    self.maps = maps
    self.entryMapping = entryMapping

    for segment in executable.segments where segment.file.sizeBytes > 0 {
      let (address, overflow) = base.addingReportingOverflow(segment.address)
      guard !overflow, let index = maps.index(of: address), isOfFile(maps.mappings[index]),
        maps.mappings[index].fileOffset &+ (address - maps.mappings[index].start) == segment.file.offset
      else { throw ParseError("the executable is not mapped as its headers say") }
    }
  }

  /// The address of the flag in the process.
  ///
  /// The executable's own word is not enough, as it is a container's file: the address must lie in one of its
  /// writable segments, and in memory that the maps show to be the executable's, so that no symbol table can
  /// make this program read elsewhere.
  ///
  /// - Throws: `ParseError` if it lies anywhere else.
  public func address(of flag: TraceFlagSymbol) throws(ParseError) -> UInt64 {
    let (address, overflow) = base.addingReportingOverflow(flag.address)
    guard !overflow,
      executable.segments.contains(where: { $0.isWritable && $0.contains(flag.address, size: 1) }),
      let index = maps.index(of: address), isOwnData(index)
    else { throw ParseError("the trace flag does not lie in the executable's own data") }
    return address
  }

  /// Whether a mapping is of the file that contains the program's entry.
  private func isOfFile(_ mapping: MemoryMaps.Mapping) -> Bool {
    let entry = maps.mappings[entryMapping]
    return mapping.inode == entry.inode && mapping.deviceMajor == entry.deviceMajor
      && mapping.deviceMinor == entry.deviceMinor
  }

  /// Private and writable, and of the executable's file, or memory without a file right after such (`.bss`;
  /// the heap may follow it without a gap, and then the kernel shows both as `[heap]`).
  private func isOwnData(_ index: Int) -> Bool {
    let mapping = maps.mappings[index]
    guard mapping.isReadable, mapping.isWritable, mapping.isPrivate else { return false }
    if isOfFile(mapping) { return true }
    var index = index
    while isWithoutFile(maps.mappings[index]), index > 0,
      maps.mappings[index - 1].end == maps.mappings[index].start
    {
      index -= 1
      if isOfFile(maps.mappings[index]) { return true }
    }
    return false
  }

  private func isWithoutFile(_ mapping: MemoryMaps.Mapping) -> Bool {
    mapping.inode == 0
      && (mapping.name.isEmpty || mapping.name == "[heap]" || mapping.name.hasPrefix("[anon:"))
  }
}
