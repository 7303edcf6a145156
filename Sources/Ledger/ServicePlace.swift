import Containers

/// A service where it runs, whichever process does its work at present: what stays the same across restarts.
public struct ServicePlace: Hashable, Sendable {
  /// The service's name in the catalogue.
  public let service: String
  /// Tells them apart if nothing else does: outside containers, and for drivers, many of which share a
  /// container.
  public let executable: String?
  /// A recreated container has another id, so its name counts if it has one.
  public let container: String?

  public init(service: String, executable: String, container: Container?) {
    self.service = service
    self.executable = container == nil || service == "driver" ? executable : nil
    self.container = container.map { container in
      if let pod = container.pod, let name = pod.name {
        return "pod \(pod.namespace ?? "")/\(name)/\(pod.container ?? "")"
      }
      return container.name.map { "\(container.runtime.rawValue) \($0)" } ?? container.id
    }
  }
}

extension LedgerEntry {
  /// Where the process's service runs.
  public var place: ServicePlace {
    ServicePlace(service: service, executable: executable, container: container)
  }
}
