import Processes
import Text

/// Little-endian numbers in the bytes of an ELF file, each read with a bounds check.
struct ELFFields {
  let bytes: [UInt8]

  /// The number at `offset`.
  ///
  /// - Throws: `ParseError` if it is not wholly inside the bytes.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type
  ) throws(ParseError) -> Number {
    guard offset >= 0, bytes.count >= MemoryLayout<Number>.size,
      offset <= bytes.count - MemoryLayout<Number>.size
    else { throw ParseError("a field at byte \(offset) lies beyond the end of its table") }
    return Number(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) })
  }
}

/// A part of an ELF file, checked to lie inside it, so that its end cannot overflow.
public struct ELFExtent: Hashable, Sendable {
  /// Bytes from the start of the file.
  public let offset: UInt64
  public let sizeBytes: UInt64

  /// The offset just past its end.
  public var end: UInt64 { offset + sizeBytes }

  /// - Parameter subject: what the part is, for the error's reason.
  /// - Throws: `ParseError` if the part does not lie inside a file of `fileSizeBytes`.
  init(
    offset: UInt64, sizeBytes: UInt64, fileSizeBytes: UInt64, subject: String
  ) throws(ParseError) {
    let (end, overflow) = offset.addingReportingOverflow(sizeBytes)
    guard !overflow, end <= fileSizeBytes else {
      throw ParseError("\(subject) lies beyond the end of the file")
    }
    self.offset = offset
    self.sizeBytes = sizeBytes
  }
}
