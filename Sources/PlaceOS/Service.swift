/// One PlaceOS service, as it shows on a host.
public struct Service: Hashable, Sendable {
  /// What kind of program it is; drivers are many executables of one kind.
  public enum Kind: Hashable, Sendable { case service, driver }

  /// The name that selectors and reports use.
  public let name: String
  /// Other names for the same service.
  public let aliases: [String]
  public let kind: Kind
  /// Full paths inside the service's image, newest first. For drivers: the folder that holds them.
  public let executables: [String]
  /// Image repositories, without registry and tag.
  public let images: [String]
  /// The first argument that is not an option must be this word, if the executable has several subcommands.
  public let subcommand: String?
  /// What a signal does to it, as the administrator or the ledger says; `nil`: its symbols and handlers tell.
  public let dialect: Dialect?
  /// One sentence on how it is switched, for the catalogue's listing.
  public let note: String?

  public init(
    name: String, aliases: [String] = [], kind: Kind = .service, executables: [String],
    images: [String] = [], subcommand: String? = nil, dialect: Dialect? = nil, note: String? = nil
  ) {
    self.name = name
    self.aliases = aliases
    self.kind = kind
    self.executables = executables
    self.images = images
    self.subcommand = subcommand
    self.dialect = dialect
    self.note = note
  }

  /// The kind of its level lines, and of how it keeps its levels.
  public var levelKind: Kind { dialect == .driver ? .driver : kind }

  /// The same service in a process for which somebody has declared what a signal does.
  public func speaking(_ dialect: Dialect) -> Service {
    Service(
      name: name, aliases: aliases, kind: kind, executables: executables, images: images,
      subcommand: subcommand, dialect: dialect, note: note)
  }

  /// Every word that names this service: its name, its aliases and its images' last components.
  public var names: Set<String> {
    var names = Set([name] + aliases)
    for image in images { names.insert(Path.lastComponent(of: image)) }
    return names
  }
}

/// Paths as text: this target imports `Text` alone, so it stays the one to open when PlaceOS changes.
enum Path {
  /// The text after the last slash.
  static func lastComponent(of path: String) -> String {
    path.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? ""
  }

  /// Whether the text after the last slash is `name`: asked of every service for every process.
  static func lastComponent(of path: String, is name: String) -> Bool {
    let (path, name) = (path.utf8, name.utf8)
    guard path.count > name.count, !name.isEmpty else { return path.elementsEqual(name) }
    let start = path.index(path.endIndex, offsetBy: -name.count)
    return path[path.index(before: start)] == UInt8(ascii: "/") && path[start...].elementsEqual(name)
  }

  /// The text up to the last slash, with that slash.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[...slash])
  }
}
