import PlaceOS
import Text

/// One addition to the catalogue, as the file has it.
struct AdditionText: Decodable {
  private enum Key: String, CodingKey, CaseIterable { case name, executables, images, dialect }

  private let addition: ServiceAddition
  private let path: [any CodingKey]

  init(from decoder: any Decoder) throws {
    let keys = try KnownKeys(decoder, Key.self)
    path = decoder.codingPath
    let nameForm = "a name of a-z, 0-9 and '-', such as \"booking\""
    let name = try keys.required(
      try keys.value(.name, expected: nameForm) { (text: String) in Self.isName(text) ? text : nil }, .name,
      expected: nameForm)
    let known = Catalogue.placeOS.service(named: name)
    if let known, known.name != name {
      throw keys.misfit(.name, "another name, or \"\(known.name)\", which has \"\(name)\" as an alias")
    }
    let executables = try keys.list(
      .executables, expected: "the absolute path of a file, such as \"/opt/acme/booking\""
    ) { Self.isPath($0) ? $0 : nil }
    let images = try keys.list(
      .images, expected: "an image's repository without tag, such as \"acme/booking\""
    ) { Self.isImage($0) ? $0 : nil }
    let dialectForm = "\"toggle\", \"latch\" or \"driver\""
    // As it is shown, a null stands where nothing is said.
    let said = try keys.value(.dialect, expected: dialectForm) { (text: String?) -> Dialect?? in
      guard let text else { return .some(nil) }
      guard let dialect = Dialect(rawValue: text), dialect != Dialect.none else { return nil }
      return dialect
    }
    let dialect = said ?? nil
    if known == nil {
      _ = try keys.required(dialect, .dialect, expected: dialectForm)
      // An image holds other programs as well, and which of them is the service would be a guess.
      _ = try keys.required(
        executables.first, .executables, expected: "where the service's program is, one path at least")
    } else if executables.isEmpty, images.isEmpty {
      throw Misfit(at: decoder.codingPath, expected: "the key executables or the key images")
    }
    if known?.kind == .driver, let dialect, dialect != .driver {
      throw keys.misfit(.dialect, "\"driver\": it is a driver's")
    }
    addition = ServiceAddition(name: name, executables: executables, images: images, dialect: dialect)
  }

  /// The additions, of which no two may say different things of one process.
  static func consistent(_ texts: [AdditionText]) throws -> [ServiceAddition] {
    var names: Set<String> = []
    var owners: [String: String] = [:]
    for text in texts {
      let addition = text.addition
      guard names.insert(addition.name).inserted else {
        throw Misfit(
          at: text.path + [Key.name],
          expected: "one entry for a service; \"\(addition.name)\" has one already")
      }
      for (index, executable) in addition.executables.enumerated() {
        if let owner = owners.updateValue(addition.name, forKey: executable) {
          throw Misfit(
            at: text.path + [Key.executables, AnyKey(index: index)],
            expected: "a path that is no other's; it is \(owner)'s already")
        }
      }
    }
    return texts.map(\.addition)
  }

  /// Whether it can be typed as a selector, and is none of another form.
  private static func isName(_ text: String) -> Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    guard let first = text.utf8.first, letters.contains(first), text.utf8.count <= 32 else { return false }
    return text.utf8.allSatisfy {
      letters.contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
    }
  }

  /// Absolute, of a file, and as the kernel would write it.
  private static func isPath(_ text: String) -> Bool {
    guard text.hasPrefix("/"), text.utf8.count < 4096, !text.utf8.contains(0) else { return false }
    return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  private static func isImage(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count < 4096, let last = parts.last, !last.contains(":") else { return false }
    return parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in
          byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "@") && byte != UInt8(ascii: "\\")
        }
    }
  }
}
