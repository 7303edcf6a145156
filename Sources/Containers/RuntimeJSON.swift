import FoundationEssentials
import Processes
import Text

/// Reads what a container runtime wrote as JSON: only the fields that a type asks for.
enum RuntimeJSON {
  /// - Throws: `ParseError` that names the bad field, and never a value.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8]
  ) throws(ParseError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch DecodingError.keyNotFound(let key, _) {
      throw ParseError("no field \(key.stringValue)")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      let field = context.codingPath.first { $0.intValue == nil }?.stringValue ?? "document"
      throw ParseError("\(field) is not of the form expected")
    } catch {
      throw ParseError("not JSON")
    }
  }
}
