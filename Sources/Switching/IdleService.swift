import Containers
import Ledger
import PlaceOS
import SystemPackage

/// A PlaceOS service whose container exists and is not running.
public struct IdleService: Hashable, Sendable {
  public let service: Service
  public let container: Container
  public let state: IdleContainer.State

  public init(service: Service, container: Container, state: IdleContainer.State) {
    (self.service, self.container, self.state) = (service, container, state)
  }

  /// All of this host's, known by PlaceOS's images. A name alone says too little about a container that is
  /// not running.
  static func all(root: FilePath, _ catalogue: Catalogue) -> [IdleService] {
    IdleContainer.all(files: ContainerFiles(root: root)).compactMap { idle in
      guard let service = idle.container.image.flatMap(catalogue.service(ofImage:)) else { return nil }
      return IdleService(service: service, container: idle.container, state: idle.state)
    }
  }
}

extension SelectionSubject {
  /// No process has the pid 0.
  init(_ idle: IdleService) {
    self.init(
      service: idle.service.name, pid: 0, executable: "",
      place: Place(idle.container))
  }
}

extension Selection {
  /// The selectors that match nothing among the subjects but these.
  func findingOnly(
    _ few: [SelectionSubject], beside subjects: [SelectionSubject]
  ) throws(SelectorError) -> [(selector: Selector, found: [Int])] {
    guard case .these(let selectors) = self else { return [] }
    var finding: [(selector: Selector, found: [Int])] = []
    for selector in selectors {
      let found = try selector.matches(among: subjects + few)
      if !found.isEmpty, found.allSatisfy({ $0 >= subjects.count }) {
        finding.append((selector, found.map { $0 - subjects.count }))
      }
    }
    return finding
  }
}
