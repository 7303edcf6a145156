import Processes
import Text

/// The build id that a linker leaves in an executable: a note of owner `GNU` and type 3, elf(5) `Elf64_Nhdr`.
struct ELFBuildID: Hashable, Sendable {
  /// The id's bytes as lower-case hexadecimal digits, as file(1) shows them.
  let hex: String

  /// The largest section of notes that is read.
  static let sectionLimitBytes: UInt64 = 64 << 10

  /// - Parameter alignment: `sh_addralign` of the section: notes are padded to 4 bytes, or to 8 if it says
  ///   so.
  /// - Returns: `nil` if none of the notes is a build id.
  /// - Throws: `ParseError` if a note does not lie inside the section.
  init?(parsing notes: [UInt8], alignment: UInt64) throws(ParseError) {
    let fields = ELFFields(bytes: notes)
    let padding = alignment == 8 ? 7 : 3
    var start = 0
    // Three numbers of 4 bytes (sizes of owner and content, type), the owner, the content.
    while notes.count - start >= 12 {
      let ownerSize = Int(try fields.number(at: start, as: UInt32.self))
      let contentSize = Int(try fields.number(at: start + 4, as: UInt32.self))
      let type = try fields.number(at: start + 8, as: UInt32.self)
      // Both sizes are below 2^32 and the section is small, so nothing here overflows 64 bits.
      let content = (start + 12 + ownerSize + padding) & ~padding
      guard content + contentSize <= notes.count else {
        throw ParseError("a note lies beyond the end of its section")
      }
      if type == 3, ownerSize == 4, Array(notes[(start + 12)..<(start + 16)]) == [0x47, 0x4e, 0x55, 0],
        (1...64).contains(contentSize)
      {
        hex = Self.hex(notes[content..<(content + contentSize)])
        return
      }
      start = (content + contentSize + padding) & ~padding
    }
    return nil
  }

  private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0xf)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
