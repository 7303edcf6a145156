import Containers

/// A service where it runs, whichever process does its work just now: what stays the same when it restarts.
public struct ServicePlace: Hashable, Sendable {
  /// The service's name in the catalogue.
  public let service: String
  /// Told apart by it where nothing else does: outside containers, and drivers, of which one container runs many.
  public let executable: String?
  /// A container that is made anew has another id, so its name counts where it has one.
  public let container: String?

  public init(service: String, executable: String, container: LedgerEntry.Container?) {
    self.service = service
    self.executable = container == nil || service == "driver" ? executable : nil
    self.container = container.map { container in
      if let pod = container.podName {
        return "pod \(container.podNamespace ?? "")/\(pod)/\(container.podContainer ?? "")"
      }
      return container.name.map { "\(container.runtime) \($0)" } ?? container.id
    }
  }
}

extension LedgerEntry {
  /// Where the process's service runs.
  public var place: ServicePlace {
    ServicePlace(service: service, executable: executable, container: container)
  }
}
