import PlaceOS

extension ServiceAddition {
  /// The additions of the configuration; no two may say different things of one process.
  static func list(_ value: JSON5Value) throws(ConfigurationFlaw) -> [ServiceAddition] {
    guard case .array(let entries) = value.content else { throw value.flaw("a list of services: [{ … }]") }
    var additions: [ServiceAddition] = []
    var owners: [String: String] = [:]
    for entry in entries {
      let keys = try entry.object(of: ["name", "executables", "images", "dialect"])
      let executables = try keys.texts(
        "executables", expected: "the absolute path of a file, such as \"/opt/acme/booking\"", where: isPath)
      let addition = try ServiceAddition(keys, executables: executables.compactMap(\.string))
      if additions.contains(where: { $0.name == addition.name }), let name = keys.members["name"] {
        throw name.flaw("one entry for a service; \"\(addition.name)\" has one already")
      }
      for path in executables {
        if let owner = owners.updateValue(addition.name, forKey: path.string ?? "") {
          throw path.flaw("a path that is not another service's; it is \(owner)'s already")
        }
      }
      additions.append(addition)
    }
    return additions
  }

  private init(_ keys: JSON5Object, executables: [String]) throws(ConfigurationFlaw) {
    let nameForm = "a name of a-z, 0-9 and '-', such as \"booking\""
    let name = try keys.required(
      try keys.value("name", expected: nameForm) { $0.string.flatMap { Self.isName($0) ? $0 : nil } },
      "name", expected: nameForm)
    let known = Catalogue.placeOS.service(named: name)
    if let known, known.name != name {
      throw keys.flaw("name", "another name, or \"\(known.name)\", which has \"\(name)\" as an alias")
    }
    let images = try keys.texts(
      "images", expected: "an image's repository without tag, such as \"acme/booking\"", where: Self.isImage
    ).compactMap(\.string)
    let dialectForm = "\"toggle\", \"latch\" or \"driver\""
    // The configuration is shown with null for an absent value.
    let said = try keys.value("dialect", expected: dialectForm) { value -> Dialect?? in
      if value.isNull { return .some(nil) }
      guard let dialect = value.string.flatMap(Dialect.init(rawValue:)), dialect != .none else { return nil }
      return dialect
    }
    let dialect = said ?? nil
    if known == nil {
      _ = try keys.required(dialect, "dialect", expected: dialectForm)
      // An image also holds other programs, and which of them is the service would be a guess.
      _ = try keys.required(
        executables.first, "executables", expected: "at least one path to the service's program")
    } else if executables.isEmpty, images.isEmpty {
      throw keys.value.flaw("the key executables or the key images")
    }
    if known?.kind == .driver, let dialect, dialect != .driver {
      throw keys.flaw("dialect", "\"driver\", the dialect of drivers")
    }
    self.init(name: name, executables: executables, images: images, dialect: dialect)
  }

  /// Whether it can be typed as a selector, and is not one of another form.
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
