import FoundationEssentials
import Switching
import Text

/// Turns a document into text.
enum Document {
  static let schemaVersion = 1
  private static let failure = "this document cannot be written as JSON; see: placeos-loglevel history"

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
    // Strings, numbers and null always have a form in JSON. Should one have none, what was done is done all the same, and
    // the history says it.
    let bytes = (try? encoder.encode(document)) ?? (try? encoder.encode(["problems": [Self.failure]]))
    return String(decoding: bytes ?? Data(), as: UTF8.self).printableJSON + "\n"
  }
}
