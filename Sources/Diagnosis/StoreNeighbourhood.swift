import Containers
import PlaceOS
import Processes
import SystemPackage
import Text

/// Finds a store's process or container on this host, by the address that others use; no daemon is asked.
final class StoreNeighbourhood {
  private let ground: StoreLooker.Ground
  private let files: ContainerFiles
  private var containersByFolder: [FilePath: [DockerNeighbour]] = [:]
  /// Where a container's Docker has its files, by the container's id.
  private var folderByContainer: [String: FilePath] = [:]
  private var localAddresses: [UInt64: Set<[UInt8]>] = [:]
  /// Which process has a listening socket, by the socket's inode, for the namespaces already searched.
  private var owners: [UInt64: Int32] = [:]
  private var searched: Set<UInt64> = []

  /// At most this many processes of one namespace are searched for a listening socket, and this much of a
  /// hosts file is read.
  private static let (limitProcesses, limitHostsBytes) = (4096, 1 << 20)

  init(_ ground: StoreLooker.Ground) {
    self.ground = ground
    files = ContainerFiles(root: ground.root)
  }

  /// Where a name leads in a process's network.
  private enum Place {
    case container(DockerNeighbour)
    case addresses([[UInt8]])
    /// Docker resolves the names of its networks, and this is not one of them.
    case noContainer
    case unknown
  }

  /// The addresses at which a process reaches a store; empty if that is unknown here.
  func addresses(
    of use: StoreUse, seenFrom directory: borrowing ProcessDirectory, container: Container?
  ) -> [[UInt8]] {
    switch place(of: use.address.host, directory, container) {
    case .container(let neighbour): neighbour.addresses.compactMap(NetworkEndpoint.address(parsing:))
    case .addresses(let addresses): addresses
    case .noContainer, .unknown: []
    }
  }

  /// - Returns: `nil` if the store is not on this host, or that is unknown.
  func side(
    of use: StoreUse, seenFrom directory: borrowing ProcessDirectory, container: Container?
  ) -> StoreSide? {
    let (host, port) = (use.address.host, use.address.port)
    switch place(of: host, directory, container) {
    case .container(let neighbour):
      if !neighbour.isRunning {
        let ago = neighbour.finished.map { (ground.now.wall - $0).components.seconds }
        return StoreSide(
          condition: .exited(
            status: neighbour.exitCode, secondsAgo: ago, forMemory: neighbour.wasKilledForMemory),
          name: neighbour.name)
      }
      let name = "container \(neighbour.name)"
      if neighbour.isPaused { return StoreSide(condition: .stopped, name: name) }
      guard let opened = (try? ProcessDirectory.open(pid: neighbour.pid, proc: ground.proc)) ?? nil,
        let namespace = (try? opened.networkNamespace()) ?? nil
      else { return nil }
      return listener(namespace, port: port, address: nil, name: name)
    case .noContainer: return StoreSide(condition: .missing, name: host)
    case .addresses(let addresses):
      for address in addresses {
        if NetworkEndpoint.isLoopback(address) {
          guard let own = (try? directory.networkNamespace()) ?? nil else { return nil }
          let isOfHost = ground.isHostInSight && container == nil
          return listener(own, port: port, address: nil, name: isOfHost ? "this host" : "its own network")
        }
        // The same address in two networks: nothing tells whose it is.
        let namespaces = ground.namespaces?.pids.keys.filter { owns($0, address) } ?? []
        if namespaces.count == 1 {
          return listener(namespaces[0], port: port, address: address, name: host)
        }
      }
      return nil
    case .unknown: return nil
    }
  }

  // MARK: names

  private func place(of host: String, _ directory: borrowing ProcessDirectory, _ container: Container?)
    -> Place
  {
    let docker = container.map { containers(ofProcess: directory.pid, $0) } ?? []
    let own = docker.first { $0.id == container?.id }
    if let address = NetworkEndpoint.address(parsing: host) {
      let at = docker.first { $0.addresses.contains(host) && isNear($0, own) }
      return at.map { .container($0) } ?? .addresses([address])
    }
    // A resolver reads this first, nsswitch.conf(5).
    let bytes = try? directory.containedBytes(at: "/etc/hosts", limitBytes: Self.limitHostsBytes)
    let named = HostsFile(parsing: bytes ?? []).addresses(of: host)
    if !named.isEmpty { return .addresses(named) }
    if host == "localhost" { return .addresses([[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]) }
    guard let own, !own.networks.isDisjoint(with: docker.flatMap { $0 == own ? [] : $0.networks }) else {
      return .unknown
    }
    let fitting = docker.filter { $0.names.contains(host) && isNear($0, own) }
    if let running = fitting.first(where: \.isRunning) { return .container(running) }
    if let last = fitting.max(by: { ($0.finished ?? .distantPast) < ($1.finished ?? .distantPast) }) {
      return .container(last)
    }
    // A name with a dot belongs to another resolver.
    return host.contains(".") ? .unknown : .noContainer
  }

  private func isNear(_ neighbour: DockerNeighbour, _ own: DockerNeighbour?) -> Bool {
    own.map { !neighbour.networks.isDisjoint(with: $0.networks) } ?? true
  }

  /// The containers of the Docker that a container belongs to; empty for another runtime.
  private func containers(ofProcess pid: Int32, _ container: Container) -> [DockerNeighbour] {
    guard container.runtime == .docker || container.runtime == .unknown else { return [] }
    if let folder = folderByContainer[container.id] { return containersByFolder[folder] ?? [] }
    for folder in files.dockerFolders(ofProcess: pid) {
      let found = containersByFolder[folder] ?? (try? DockerNeighbour.all(files: files, in: folder)) ?? []
      containersByFolder[folder] = found
      if found.contains(where: { $0.id == container.id }) {
        folderByContainer[container.id] = folder
        return found
      }
    }
    return []
  }

  // MARK: namespaces

  private func member(of namespace: UInt64) -> ProcessDirectory? {
    for pid in ground.namespaces?.pids[namespace] ?? [] {
      guard let directory = (try? ProcessDirectory.open(pid: pid, proc: ground.proc)) ?? nil else { continue }
      if (try? directory.networkNamespace()) == namespace { return directory }
    }
    return nil
  }

  private func owns(_ namespace: UInt64, _ address: [UInt8]) -> Bool {
    if let known = localAddresses[namespace] { return known.contains(address) }
    var found: Set<[UInt8]> = []
    if let member = member(of: namespace) { found = (try? member.localAddresses().addresses) ?? [] }
    localAddresses[namespace] = found
    return found.contains(address)
  }

  /// The process that listens on a port of a namespace.
  private func listener(_ namespace: UInt64, port: UInt16, address: [UInt8]?, name: String) -> StoreSide? {
    let wanted = [TCPSocket.State.listen, TCPSocket.State.established]
    let states: UInt32 = wanted.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    guard let member = member(of: namespace), let sockets = try? member.sockets(states: states) else {
      return nil
    }
    let here = sockets.filter { $0.local.port == port }
    let listening = here.first {
      $0.state == .listen && ($0.local.isAny || address == nil || $0.local.address == address)
    }
    guard let listening else { return StoreSide(condition: .silent, name: name) }
    var side = StoreSide(condition: .listening, name: name)
    side.waiting = listening.receiveQueue
    side.backlog = listening.sendQueue
    let unread = here.filter { $0.state == .established && $0.receiveQueue > 0 && $0.inode != 0 }
    side.unread = Set(unread.map(\.inode).sorted().prefix(64))
    side.overflows = (try? member.networkCounters().listenOverflows) ?? 0
    guard let owner = owner(of: listening.inode, namespace),
      let directory = (try? ProcessDirectory.open(pid: owner, proc: ground.proc)) ?? nil,
      let stat = try? directory.stat()
    else { return side }
    side.name = "\(String(decoding: stat.comm, as: UTF8.self)) (pid \(owner))"
    side.upSeconds = ground.now.age(of: stat.started).components.seconds
    if stat.isStopped { side.condition = .stopped }
    if [UInt8(ascii: "D"), UInt8(ascii: "Z")].contains(stat.state) { side.isBlocked = true }
    return side
  }

  private func owner(of inode: UInt64, _ namespace: UInt64) -> Int32? {
    if searched.insert(namespace).inserted {
      for pid in (ground.namespaces?.pids[namespace] ?? []).prefix(Self.limitProcesses) {
        guard let directory = (try? ProcessDirectory.open(pid: pid, proc: ground.proc)) ?? nil,
          let inodes = try? directory.socketInodes()
        else { continue }
        // A socket that a parent shares with its children is the parent's: the lower pid.
        for inode in inodes where owners[inode] == nil { owners[inode] = pid }
      }
    }
    return owners[inode]
  }
}
