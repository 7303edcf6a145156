import PlaceOS

/// What can fail: a store, what all of them depend on, or a part of PlaceOS that others need.
public enum BackendKind: Hashable, Sendable {
  case host(HostResource)
  case store(BackingStore)
  /// A service that others call, or that does not stay up.
  case service(String)
  case drivers

  /// As it is written.
  public var name: String {
    switch self {
    case .host(let resource): resource.rawValue
    case .store(let store): store.rawValue
    case .service(let name): name
    case .drivers: "driver"
    }
  }

  /// Causes come before their effects: the host, then names, then stores, then what needs them.
  var rank: (Int, String) {
    switch self {
    case .host(let resource): (0, resource == .dns ? "~" : resource.rawValue)
    case .store(.core), .store(.build): (2, name)
    case .store: (1, name)
    case .service: (3, name)
    case .drivers: (4, name)
    }
  }

  public var usersSee: String {
    switch self {
    case .host(let resource): resource.usersSee
    case .store(let store): store.usersSee
    case .service("core"): BackingStore.core.usersSee
    case .service("auth"): "logins fail"
    case .service("api"): "Backoffice and all apps fail"
    case .service("build"), .service("build-api"): BackingStore.build.usersSee
    case .service(let name): "what \(name) does is not done"
    case .drivers: "executes on the modules of these drivers fail, the rest works"
    }
  }

  /// What to try in a browser to see it.
  public var tryThis: String {
    switch self {
    case .host: "log in, and execute a function"
    case .store(let store): store.tryThis
    case .service("core"), .drivers: BackingStore.core.tryThis
    case .service: "log in to Backoffice"
    }
  }

  /// The services whose logs report it.
  public var speaking: [String] {
    switch self {
    case .host: ["api", "core"]
    case .store(let store): StoreUse.services(using: store)
    case .service(let name): [name]
    case .drivers: ["core", "driver"]
    }
  }

  /// What selects those services.
  public var selector: String {
    switch self {
    case .store(let store): "backend:\(store.rawValue)"
    case .host, .service, .drivers: speaking.joined(separator: " ")
    }
  }
}

/// What every store and service of a host needs.
public enum HostResource: String, Hashable, Sendable {
  case disk, memory, files, dns

  var usersSee: String {
    switch self {
    case .disk: "what is saved is lost or refused; stores stop writing one after the other"
    case .memory: "everything is slow, and the kernel kills processes"
    case .files: "new connections and requests fail, those that are open go on"
    case .dns: "services freeze while they look for a name, or reach nothing that they call by name"
    }
  }
}
