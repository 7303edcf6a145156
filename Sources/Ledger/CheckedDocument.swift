import FoundationEssentials
import SystemPackage
import Text

/// A JSON file in which any change shows: `state.json`.
///
/// The file is one JSON object with sorted keys, two of which belong to the form and not to the content:
/// - `schema_version`: a number. A version greater than the program's own is refused before anything else in
///   the file is read. Keys that the program does not know are ignored within its own version, and are lost
///   when it writes the file: a key that must not get lost needs a new version.
/// - `checksum`: `crc32:` and eight hexadecimal digits, the CRC-32 of the whole file (its last newline
///   included) with these digits as zeros. JSON alone does not show a flipped bit in a number or in a string,
///   nor do file systems such as ext4 and tmpfs.
enum CheckedDocument {
  private enum FormKey: String, CodingKey {
    case checksum
    case schemaVersion = "schema_version"
  }

  private struct Sealed<Body: Encodable>: Encodable {
    let body: Body
    let version: Int64

    func encode(to encoder: any Encoder) throws {
      try body.encode(to: encoder)
      var values = encoder.container(keyedBy: FormKey.self)
      try values.encode(version, forKey: .schemaVersion)
      try values.encode("crc32:00000000", forKey: .checksum)
    }
  }

  /// The content, read only if form and version are right.
  private struct Opened<Body: Decodable>: DecodableWithConfiguration {
    let body: Body

    /// - Parameter checkForm: takes the version, and throws what is wrong with it or with the file's form.
    init(from decoder: any Decoder, configuration checkForm: (Int64) throws -> Void) throws {
      let values = try decoder.container(keyedBy: FormKey.self)
      try checkForm(try values.decode(Int64.self, forKey: .schemaVersion))
      body = try Body(from: decoder)
    }
  }

  /// The bytes of the file for `body`, which must encode itself as an object.
  static func bytes<Body: Encodable>(
    of body: Body, path: FilePath, version: Int64
  ) throws(LedgerError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    var bytes: [UInt8]
    do {
      bytes = [UInt8](try encoder.encode(Sealed(body: body, version: version)))
    } catch {
      throw .unrecordable(path: path, reason: "it cannot be written as JSON")
    }
    bytes.append(UInt8(ascii: "\n"))
    guard let digits = checksumDigits(in: bytes) else {
      throw .unrecordable(path: path, reason: "it leaves no place for the checksum")
    }
    bytes.replaceSubrange(digits, with: CRC32.hexadecimal(of: bytes))
    return bytes
  }

  /// What a file says.
  static func body<Body: Decodable>(
    _ type: Body.Type, parsing bytes: [UInt8], path: FilePath, knownVersion: Int64
  ) throws(LedgerError) -> Body {
    guard !bytes.isEmpty else { throw .damaged(path: path, reason: "the file is empty") }
    do {
      return try JSONDecoder().decode(
        Opened<Body>.self, from: Data(bytes),
        configuration: { try checkForm(of: bytes, version: $0, knownVersion: knownVersion, path: path) }
      ).body
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .damaged(path: path, reason: (error as? DecodingError)?.reason ?? "it is not valid JSON")
    }
  }

  private static func checkForm(
    of bytes: [UInt8], version: Int64, knownVersion: Int64, path: FilePath
  ) throws(LedgerError) {
    guard version <= knownVersion else {
      throw .newerSchema(path: path, found: version, known: knownVersion)
    }
    guard version >= 1 else {
      throw .damaged(path: path, reason: "schema_version is \(version)")
    }
    guard let digits = checksumDigits(in: bytes) else {
      throw .damaged(path: path, reason: "there is no checksum")
    }
    var blank = bytes
    blank.replaceSubrange(digits, with: repeatElement(UInt8(ascii: "0"), count: digits.count))
    guard CRC32.hexadecimal(of: blank).elementsEqual(bytes[digits]) else {
      throw .damaged(path: path, reason: "the checksum does not fit the content")
    }
  }

  /// Where the digits of the checksum are.
  ///
  /// The marker cannot be part of a string's content: there its quotes would have backslashes.
  private static func checksumDigits(in bytes: [UInt8]) -> Range<Int>? {
    let marker = Array(#""checksum" : "crc32:"#.utf8)
    guard bytes.count >= marker.count + 8 else { return nil }
    for start in 0...(bytes.count - marker.count - 8) where bytes[start] == marker[0] {
      if bytes[start..<(start + marker.count)].elementsEqual(marker) {
        return (start + marker.count)..<(start + marker.count + 8)
      }
    }
    return nil
  }
}

extension DecodingError {
  /// What is wrong and where, in the file's own words: `entries[3].pid is missing`.
  var reason: String {
    switch self {
    case .keyNotFound(let key, let context):
      "\(Self.place(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context):
      "\(Self.place(context.codingPath)) is null"
    case .typeMismatch(_, let context):
      "\(Self.place(context.codingPath)) has the wrong type"
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      // JSONDecoder does not say where a number is that does not fit its type.
      "it is not valid JSON, or has a number out of range"
    case .dataCorrupted(let context):
      "\(Self.place(context.codingPath)) has a value that is not allowed"
    @unknown default:
      "it is not valid JSON"
    }
  }

  private static func place(_ codingPath: [any CodingKey]) -> String {
    var place = ""
    for key in codingPath {
      if let index = key.intValue {
        place += "[\(index)]"
      } else {
        place += (place.isEmpty ? "" : ".") + key.stringValue
      }
    }
    return place.isEmpty ? "the whole" : place
  }
}
