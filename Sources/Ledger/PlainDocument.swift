import FoundationEssentials
import SystemPackage

/// A JSON file that decides nothing, and is only read and replaced: `revert.json` and `figures.json`.
enum PlainDocument {
  /// - Throws: `LedgerError.unrecordable`.
  static func bytes(of body: some Encodable, path: FilePath) throws(LedgerError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    do { return [UInt8](try encoder.encode(body)) + [UInt8(ascii: "\n")] } catch {
      throw .unrecordable(path: path, reason: "it cannot be written as JSON")
    }
  }

  /// - Throws: `LedgerError.damaged`.
  static func body<Body: Decodable>(
    _ type: Body.Type, parsing bytes: [UInt8], path: FilePath
  ) throws(LedgerError) -> Body {
    do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
      throw .damaged(path: path, reason: (error as? DecodingError)?.reason ?? "it is not valid JSON")
    }
  }
}
