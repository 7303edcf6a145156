import FoundationEssentials
import Switching
import Text

/// A value that is written as null where it is absent, never left out.
// swift-format-ignore: UseSynthesizedInitializer
@propertyWrapper
struct OrNull<Value: Encodable>: Encodable {
  var wrappedValue: Value?

  // Without it the memberwise initialisers of the documents would take wrappers.
  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}

/// Turns a document into text.
enum Document {
  static let schemaVersion = 1

  /// A command's document, with what every document has.
  static func text(
    _ body: some Encodable, _ origin: Origin, _ exitStatus: ExitStatus, problems: [String] = []
  ) -> String {
    text(
      WholeDocument(
        frame: Frame(
          host: origin.host, time: Timestamp(wallNs: origin.wallNs), exitStatus: exitStatus.code,
          problems: problems), body: body))
  }

  /// What every document has.
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
