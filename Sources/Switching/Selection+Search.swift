import Ledger
import PlaceOS

// Which processes must be read for a selection: what cannot be selected is not read.

extension Selection {
  /// Whether it selects every PlaceOS process.
  var isEverything: Bool { if case .these([]) = self { true } else { false } }

  /// Whether it is about services that a person names, running or not.
  var mayIncludeIdle: Bool {
    switch self {
    case .these, .all: pids == nil
    case .processes, .places: false
    }
  }

  /// The pids that can be selected; `nil` if any process may be.
  var pids: [Int32]? {
    switch self {
    case .processes(let identities): return identities.map(\.pid).sorted()
    case .these(let selectors) where !selectors.isEmpty:
      var pids: [Int32] = []
      for selector in selectors {
        guard case .pid(let pid) = selector else { return nil }
        pids.append(pid)
      }
      return Array(Set(pids)).sorted()
    case .these, .all, .places: return nil
    }
  }

  /// The names of the executables that can be selected.
  func executableNames(in catalogue: Catalogue) -> ExecutableNames {
    let services: [Service]
    switch self {
    case .these(let selectors) where !selectors.isEmpty:
      var named: [Service] = []
      for selector in selectors {
        switch selector {
        case .service(let service), .contained(let service, _), .driver(let service, _): named.append(service)
        case .pid, .backend, .container: return catalogue.executableNames
        }
      }
      services = named
    case .places(let places):
      services = places.compactMap { catalogue.service(named: $0.service) }
      // One that is no longer in the catalogue is known by its record.
      guard services.count == places.count else { return catalogue.executableNames }
    case .these, .all, .processes: return catalogue.executableNames
    }
    return catalogue.executableNames(of: services)
  }

  /// Whether an entry may be selected.
  func mayInclude(_ entry: LedgerEntry) -> Bool {
    switch self {
    case .processes(let identities): identities.contains(entry.identity)
    case .places(let places): places.contains(entry.place)
    case .these([]), .all: true
    case .these(let selectors):
      selectors.contains { selector in
        switch selector {
        case .service(let service), .contained(let service, _), .driver(let service, _):
          service.name == entry.service
        case .pid(let pid): pid == entry.identity.pid
        case .backend(let store): StoreUse.stores(ofService: entry.service).contains(store)
        case .container: true
        }
      }
    }
  }
}
