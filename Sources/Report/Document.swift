import FoundationEssentials
import Switching
import Text

/// Turns a document into text.
enum Document {
  static let schemaVersion = 1

  /// A command's document, with the keys that every document has.
  static func text(
    _ body: some Encodable, _ origin: Origin, _ exitStatus: ExitStatus, problems: [String] = []
  ) -> String {
    text(
      WholeDocument(
        frame: Frame(
          host: origin.host, time: Timestamp(origin.time), exitStatus: exitStatus.code,
          problems: problems), body: body))
  }

  /// The keys that every document has.
  private struct Frame: Encodable {
    let schemaVersion = Document.schemaVersion
    let host: String
    let time: Timestamp
    let exitStatus: Int32
    let problems: [String]
  }

  /// The keys of both, side by side.
  private struct WholeDocument<Body: Encodable>: Encodable {
    let frame: Frame
    let body: Body

    func encode(to encoder: any Encoder) throws {
      try frame.encode(to: encoder)
      try body.encode(to: encoder)
    }
  }

  static func text(_ document: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(document), as: UTF8.self).printableJSON + "\n"
    } catch {
      // Strings, numbers and null always have a form in JSON.
      preconditionFailure("\(error)")
    }
  }
}
