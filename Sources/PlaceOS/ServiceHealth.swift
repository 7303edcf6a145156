/// Where a service reports its own health: an HTTP GET that changes nothing and needs no credential.
public struct ServiceHealth: Hashable, Sendable {
  /// The default; a service may be given another.
  public let port: UInt16
  public let path: String

  /// - Returns: `nil` for services without one.
  public init?(ofService service: String) {
    switch service {
    case "api": (port, path) = (3000, "/api/engine/v2/")
    case "core": (port, path) = (3000, "/api/core/v1/ready")
    case "triggers": (port, path) = (3000, "/api/triggers/v2/")
    case "source": (port, path) = (3000, "/api/source/v1/")
    case "search-ingest": (port, path) = (3000, "/api/search-ingest/v1")
    default: return nil
    }
  }
}
