import Processes
import Text

/// A part of an executable that is loaded into memory: a program header of type `PT_LOAD`, elf(5)
/// `Elf64_Phdr`.
public struct ELFSegment: Hashable, Sendable {
  /// What is loaded from the file; the rest of the memory, up to `memorySizeBytes`, starts as zeros (`.bss`).
  public let file: ELFExtent
  /// `p_vaddr`, before the load base is added.
  public let address: UInt64
  public let memorySizeBytes: UInt64
  public let isWritable: Bool

  /// The first address after the segment.
  public var end: UInt64 { address + memorySizeBytes }

  /// Whether the segment has the `size` bytes at `address`.
  public func contains(_ address: UInt64, size: UInt64) -> Bool {
    address >= self.address && size <= memorySizeBytes && address - self.address <= memorySizeBytes - size
  }

  /// The loaded segments of a program header table, in ascending order of their addresses.
  ///
  /// - Throws: `ParseError` if one does not lie inside the file or the address space, if they overlap or are
  ///   not in order, and if there is none.
  public static func loaded(
    parsing table: [UInt8], fileSizeBytes: UInt64
  ) throws(ParseError) -> [ELFSegment] {
    let fields = ELFFields(bytes: table)
    var segments: [ELFSegment] = []
    for start in stride(from: 0, to: table.count, by: ELFHeader.programHeaderSizeBytes) {
      guard try fields.number(at: start, as: UInt32.self) == 1 else { continue }  // PT_LOAD
      let segment = try ELFSegment(fields, at: start, fileSizeBytes: fileSizeBytes)
      if let previous = segments.last, segment.address < previous.end {
        throw ParseError("segments overlap or are out of order")
      }
      segments.append(segment)
    }
    guard !segments.isEmpty else { throw ParseError("nothing of it is loaded into memory") }
    return segments
  }

  private init(_ fields: ELFFields, at start: Int, fileSizeBytes: UInt64) throws(ParseError) {
    let writable: UInt32 = 2  // PF_W
    isWritable = try fields.number(at: start + 4, as: UInt32.self) & writable != 0
    address = try fields.number(at: start + 16, as: UInt64.self)
    memorySizeBytes = try fields.number(at: start + 40, as: UInt64.self)
    file = try ELFExtent(
      offset: try fields.number(at: start + 8, as: UInt64.self),
      sizeBytes: try fields.number(at: start + 32, as: UInt64.self),
      fileSizeBytes: fileSizeBytes, subject: "a segment")
    guard file.sizeBytes <= memorySizeBytes else {
      throw ParseError("a segment is larger in the file than in memory")
    }
    guard !address.addingReportingOverflow(memorySizeBytes).overflow else {
      throw ParseError("a segment lies beyond the end of memory")
    }
  }
}
