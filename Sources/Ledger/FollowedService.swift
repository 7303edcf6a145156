import Containers

/// The wish that a service be in debug mode, whatever process does its work: when it restarts before the
/// deadline, the agent brings the new process into debug mode.
public struct FollowedService: Hashable, Sendable {
  /// The boot whose clock the times are of.
  public var bootID: String
  /// The service's name in the catalogue.
  public var service: String
  public var executable: String
  public var container: LedgerEntry.Container?
  /// Since when it is followed, on the boot-time clock.
  public var sinceBoottimeNs: Int64
  /// When the wish is over, on the boot-time clock; `nil`: never.
  public var deadlineBoottimeNs: Int64?
  public var by: LedgerEntry.Actor
  public var reason: String?
  /// Whether whoever wished it trusted the process's name (`--trust-name`).
  public var trustsName: Bool

  public init(
    bootID: String, service: String, executable: String, container: LedgerEntry.Container?,
    sinceBoottimeNs: Int64, deadlineBoottimeNs: Int64?, by: LedgerEntry.Actor, reason: String?,
    trustsName: Bool
  ) {
    self.bootID = bootID
    self.service = service
    self.executable = executable
    self.container = container
    self.sinceBoottimeNs = sinceBoottimeNs
    self.deadlineBoottimeNs = deadlineBoottimeNs
    self.by = by
    self.reason = reason
    self.trustsName = trustsName
  }

  /// What is followed.
  public var place: ServicePlace {
    ServicePlace(service: service, executable: executable, container: container)
  }

  /// Why it must not be in a state file; `nil` where it may be.
  var flaw: String? {
    if bootID.isEmpty { return "followed \(service) has an empty boot_id" }
    if sinceBoottimeNs < 0 || deadlineBoottimeNs ?? 0 < 0 {
      return "followed \(service) has a negative time"
    }
    return nil
  }
}

// By hand, for the reason that LedgerEntry+Codable.swift gives: a null is written, and a missing key is an error.
extension FollowedService: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: LedgerKey.self)
    bootID = try values.decode(String.self, forKey: .bootID)
    service = try values.decode(String.self, forKey: .service)
    executable = try values.decode(String.self, forKey: .executable)
    container = try values.decode(LedgerEntry.Container?.self, forKey: .container)
    sinceBoottimeNs = try values.decode(Int64.self, forKey: .sinceBoottimeNs)
    deadlineBoottimeNs = try values.decode(Int64?.self, forKey: .deadlineBoottimeNs)
    by = try values.decode(LedgerEntry.Actor.self, forKey: .by)
    reason = try values.decode(String?.self, forKey: .reason)
    trustsName = try values.decode(Bool.self, forKey: .trustsName)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: LedgerKey.self)
    try values.encode(bootID, forKey: .bootID)
    try values.encode(service, forKey: .service)
    try values.encode(executable, forKey: .executable)
    try values.encode(container, forKey: .container)
    try values.encode(sinceBoottimeNs, forKey: .sinceBoottimeNs)
    try values.encode(deadlineBoottimeNs, forKey: .deadlineBoottimeNs)
    try values.encode(by, forKey: .by)
    try values.encode(reason, forKey: .reason)
    try values.encode(trustsName, forKey: .trustsName)
  }
}
