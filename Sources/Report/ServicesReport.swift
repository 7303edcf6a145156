import PlaceOS

/// The output of `services`: the catalogue.
public struct ServicesReport {
  private let catalogue: Catalogue

  public init(_ catalogue: Catalogue) { self.catalogue = catalogue }

  /// One JSON document.
  ///
  /// - Parameter problems: why the configuration was ignored, if it was.
  public func json(_ origin: Origin, problems: [String] = []) -> String {
    Document.text(ServicesDocument(catalogue), origin, .done, problems: problems)
  }

  public func text(_ style: Style) -> String {
    var table = Table(
      ["SERVICE", "ALIASES", "SWITCHED BY"], last: "EXECUTABLES (OLDER ONES LAST), IMAGES, NOTE")
    for service in catalogue.services {
      let parts =
        [
          service.shownExecutables.joined(separator: " "), service.images.joined(separator: " "),
          service.note ?? "",
        ] + catalogue.additions(to: service).map(\.shown)
      table.add(
        [
          Table.Cell(service.name), Table.Cell(service.aliases.joined(separator: " ")),
          Table.Cell(service.dialects.map(\.rawValue).joined(separator: ", ")),
        ], last: parts.filter { !$0.isEmpty }.joined(separator: "; "))
    }
    return table.rendered(style)
  }
}

extension Service {
  /// Full paths; a driver's is a folder.
  var shownExecutables: [String] {
    kind == .driver ? executables.map { $0 + "NAME" } : executables
  }

  /// The dialects that its releases speak, newest first.
  var dialects: [Dialect] { dialect.map { [$0] } ?? (kind == .driver ? [.driver] : [.toggle, .latch]) }
}

extension Catalogue {
  /// What the configuration adds to a PlaceOS service.
  fileprivate func additions(to service: Service) -> [ServiceAddition] {
    Catalogue.placeOS.service(named: service.name) == nil ? [] : additions.filter { $0.name == service.name }
  }
}

extension ServiceAddition {
  fileprivate var shown: String {
    (["own builds:"] + executables + images + [dialect.map { "(\($0.rawValue))" } ?? ""])
      .filter { !$0.isEmpty }.joined(separator: " ")
  }
}
