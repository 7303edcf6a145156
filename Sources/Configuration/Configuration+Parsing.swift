import FoundationEssentials
import PlaceOS
import Text

extension Configuration {
  /// No configuration is longer, bytes.
  static let limitBytes = 1 << 20

  /// Parses the text of a configuration: one object in JSON5, of which every key may be missing.
  ///
  /// ```
  /// {
  ///   default_for: "30m", longest_for: "8h",
  ///   guard: {free_percent: 10, free_bytes: 2147483648, write_bytes_per_second: 50000000, write_seconds: 10},
  ///   services: [{name: "booking", executables: ["/opt/acme/booking"], images: [], dialect: "toggle"}],
  /// }
  /// ```
  public init(parsing bytes: [UInt8]) throws(ConfigurationFlaw) {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let text = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    if let line = Self.lineNotInUTF8(text) {
      throw ConfigurationFlaw(line: line, key: "", expected: "text in UTF-8")
    }
    let outline: JSON5Outline
    do { outline = try JSON5Outline(parsing: text) } catch { throw ConfigurationFlaw(error) }

    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      self = try decoder.decode(ConfigurationText.self, from: Data(text)).configuration
    } catch let misfit as Misfit {
      throw ConfigurationFlaw(
        line: outline.line(of: misfit.path), key: misfit.path.text, expected: misfit.expected)
    } catch {
      // A number or a word that is none; the outline does not look into those.
      let path = (error as? DecodingError)?.path ?? []
      throw ConfigurationFlaw(line: outline.line(of: path), key: path.text, expected: "JSON5")
    }
  }

  /// The first line that is no UTF-8.
  private static func lineNotInUTF8(_ text: [UInt8]) -> Int? {
    guard String(validating: text, as: UTF8.self) == nil else { return nil }
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
  }
}

/// A value that is not as its key demands.
struct Misfit: Error {
  let path: [JSON5Outline.Step]
  let expected: String

  init(at path: [any CodingKey], expected: String) {
    self.path = path.map(JSON5Outline.Step.init)
    self.expected = expected
  }
}

extension JSON5Outline.Step {
  init(_ key: any CodingKey) { self = key.intValue.map(Self.index) ?? .key(key.stringValue) }
}

extension DecodingError {
  fileprivate var path: [JSON5Outline.Step] {
    let context: Context? =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context
      @unknown default: nil
      }
    return context?.codingPath.map(JSON5Outline.Step.init) ?? []
  }
}
