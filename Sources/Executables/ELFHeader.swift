import Processes
import Text

/// The header of a 64-bit little-endian ELF executable, elf(5) `Elf64_Ehdr`.
public struct ELFHeader: Hashable, Sendable {
  /// `e_machine`: the processors that PlaceOS is built for.
  public enum Machine: UInt16, Sendable {
    /// `EM_X86_64`
    case amd64 = 62
    /// `EM_AARCH64`
    case arm64 = 183
  }

  /// `e_type`.
  public enum Kind: UInt16, Sendable {
    /// `ET_EXEC`: its addresses are those of the process.
    case fixed = 2
    /// `ET_DYN`: the kernel chooses where it is loaded (PIE and static-PIE).
    case positionIndependent = 3
  }

  /// The size of the header itself.
  public static let sizeBytes = 64
  static let programHeaderSizeBytes = 56
  static let sectionHeaderSizeBytes = 64

  public let machine: Machine
  public let kind: Kind
  /// `e_entry`, before the load base is added.
  public let entryAddress: UInt64
  public let programHeaders: ELFExtent
  /// `nil` if the file has no section headers.
  public let sectionHeaders: ELFExtent?

  /// - Parameter bytes: the first 64 bytes of the file.
  /// - Throws: `ParseError` for what elf(5) does not allow, and for what PlaceOS executables never are:
  ///   32-bit, big-endian, another processor, an object file, more sections or segments than the header can
  ///   count.
  public init(parsing bytes: [UInt8], fileSizeBytes: UInt64) throws(ParseError) {
    guard bytes.count >= Self.sizeBytes else { throw ParseError("shorter than an ELF header") }
    guard Array(bytes[0..<4]) == [0x7f, 0x45, 0x4c, 0x46] else { throw ParseError("not an ELF file") }
    guard bytes[4] == 2 else { throw ParseError("not a 64-bit ELF file") }
    guard bytes[5] == 1 else { throw ParseError("not a little-endian ELF file") }
    let fields = ELFFields(bytes: bytes)
    guard bytes[6] == 1, try fields.number(at: 20, as: UInt32.self) == 1 else {
      throw ParseError("an unknown version of ELF")
    }
    let type = try fields.number(at: 16, as: UInt16.self)
    guard let kind = Kind(rawValue: type) else { throw ParseError("ELF type \(type) is not an executable") }
    let processor = try fields.number(at: 18, as: UInt16.self)
    guard let machine = Machine(rawValue: processor) else {
      throw ParseError("ELF machine \(processor) is neither x86-64 nor arm64")
    }
    guard try fields.number(at: 52, as: UInt16.self) == UInt16(Self.sizeBytes) else {
      throw ParseError("an ELF header of the wrong size")
    }

    self.kind = kind
    self.machine = machine
    entryAddress = try fields.number(at: 24, as: UInt64.self)

    let segmentCount = try fields.number(at: 56, as: UInt16.self)
    // execve(2) takes no table of more than 64 KiB; this rules out PN_XNUM, too.
    guard segmentCount > 0, Int(segmentCount) * Self.programHeaderSizeBytes <= 65_536 else {
      throw ParseError("\(segmentCount) program headers")
    }
    guard try fields.number(at: 54, as: UInt16.self) == UInt16(Self.programHeaderSizeBytes) else {
      throw ParseError("program headers of the wrong size")
    }
    programHeaders = try ELFExtent(
      offset: try fields.number(at: 32, as: UInt64.self),
      sizeBytes: UInt64(segmentCount) * UInt64(Self.programHeaderSizeBytes),
      fileSizeBytes: fileSizeBytes, subject: "the program header table")

    let sectionsOffset = try fields.number(at: 40, as: UInt64.self)
    let sectionCount = try fields.number(at: 60, as: UInt16.self)
    if sectionsOffset == 0 {
      guard sectionCount == 0 else { throw ParseError("sections without a section header table") }
      sectionHeaders = nil
      return
    }
    // 0 means that the first section has the number (extended numbering), and that there are more than 65,279
    // (SHN_LORESERVE): no linker makes such an executable.
    guard sectionCount > 0, sectionCount < 0xff00 else {
      throw ParseError("more sections than the ELF header can count")
    }
    guard try fields.number(at: 58, as: UInt16.self) == UInt16(Self.sectionHeaderSizeBytes) else {
      throw ParseError("section headers of the wrong size")
    }
    sectionHeaders = try ELFExtent(
      offset: sectionsOffset,
      sizeBytes: UInt64(sectionCount) * UInt64(Self.sectionHeaderSizeBytes),
      fileSizeBytes: fileSizeBytes, subject: "the section header table")
  }
}
