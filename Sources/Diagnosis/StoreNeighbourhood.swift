import Containers
import Glibc
import PlaceOS
import Processes
import SystemPackage

/// Finds a store's own process or container on this host, by the address at which others reach it; no daemon is asked.
final class StoreNeighbourhood {
  private let proc: FilePath
  private let nowWallNs: Int64
  private let containers: [DockerNeighbour]
  /// The processes of each network namespace, by its inode, ascending.
  private lazy var namespaces = Self.namespaces(proc: proc)

  init(proc: FilePath, root: FilePath, nowWallNs: Int64) {
    self.proc = proc
    self.nowWallNs = nowWallNs
    containers = (try? DockerNeighbour.all(files: ContainerFiles(root: root))) ?? []
  }

  /// - Returns: `nil` where the store is not on this host, or that cannot be told.
  func side(
    of use: StoreUse, seenFrom directory: borrowing ProcessDirectory, container: Container?
  ) -> StoreSide? {
    let host = use.address.host
    let own = (try? directory.networkNamespace()) ?? nil
    if let neighbour = neighbour(named: host, of: container) {
      if !neighbour.isRunning {
        let ago = neighbour.finishedWallNs.map { (nowWallNs - $0) / 1_000_000_000 }
        return StoreSide(
          condition: .exited(
            status: neighbour.exitCode, secondsAgo: ago, forMemory: neighbour.wasKilledForMemory),
          name: neighbour.name)
      }
      if neighbour.isPaused {
        return StoreSide(condition: .stopped, name: "container \(neighbour.name)")
      }
      guard let namespace = namespace(of: neighbour.pid) else { return nil }
      return listener(namespace, port: use.address.port, address: nil, name: "container \(neighbour.name)")
    }
    for address in addresses(of: host, directory) {
      if address.first == 127 && address.count == 4 || address == [UInt8](repeating: 0, count: 15) + [1] {
        guard let own else { return nil }
        return listener(own, port: use.address.port, address: nil, name: "this host")
      }
      if let namespace = namespaces.keys.sorted().first(where: { owns($0, address) }) {
        return listener(namespace, port: use.address.port, address: address, name: host)
      }
    }
    return nil
  }

  /// The container that a name or an address means in the networks of another.
  private func neighbour(named host: String, of container: Container?) -> DockerNeighbour? {
    guard let container, let own = containers.first(where: { $0.id == container.id }) else {
      return containers.first { $0.addresses.contains(host) }
    }
    let fitting = containers.filter {
      ($0.names.contains(host) || $0.addresses.contains(host)) && !$0.networks.isDisjoint(with: own.networks)
    }
    return fitting.first(where: \.isRunning)
      ?? fitting.max { ($0.finishedWallNs ?? 0) < ($1.finishedWallNs ?? 0) }
  }

  private func addresses(of host: String, _ directory: borrowing ProcessDirectory) -> [[UInt8]] {
    if let address = Self.address(host) { return [address] }
    // What its resolver reads first, nsswitch.conf(5); hosts(5).
    let bytes = (try? directory.bytes(of: "root/etc/hosts", limitBytes: 1 << 20)) ?? []
    var found: [[UInt8]] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == 0x20 || $0 == 0x09 }.map { String(decoding: $0, as: UTF8.self) }
      if words.dropFirst().contains(host), let address = Self.address(words[0]) { found.append(address) }
    }
    return found.isEmpty && host == "localhost" ? [[127, 0, 0, 1]] : found
  }

  private static func address(_ text: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes[..<4]) }
    return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
  }

  // MARK: namespaces

  private static func namespaces(proc: FilePath) -> [UInt64: [Int32]] {
    var namespaces: [UInt64: [Int32]] = [:]
    for pid in pids(in: proc) {
      guard let directory = (try? ProcessDirectory.open(pid: pid, proc: proc)) ?? nil,
        let namespace = (try? directory.networkNamespace()) ?? nil
      else { continue }
      namespaces[namespace, default: []].append(pid)
    }
    return namespaces
  }

  private static func pids(in proc: FilePath) -> [Int32] {
    guard let folder = opendir(proc.string) else { return [] }
    defer { closedir(folder) }
    var pids: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let pid = Int32(name) { pids.append(pid) }
    }
    return pids.sorted()
  }

  private func namespace(of pid: Int32) -> UInt64? {
    guard let directory = (try? ProcessDirectory.open(pid: pid, proc: proc)) ?? nil else { return nil }
    return (try? directory.networkNamespace()) ?? nil
  }

  /// Whether an address is one of the namespace's own: `/proc/PID/net/fib_trie` lists it as `/32 host LOCAL`.
  private func owns(_ namespace: UInt64, _ address: [UInt8]) -> Bool {
    guard address.count == 4, let pid = namespaces[namespace]?.first,
      let directory = (try? ProcessDirectory.open(pid: pid, proc: proc)) ?? nil,
      let bytes = try? directory.bytes(of: "net/fib_trie", limitBytes: 4 << 20)
    else { return false }
    let name = "|-- " + address.map(String.init).joined(separator: ".")
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return lines.indices.dropLast().contains {
      lines[$0].hasSuffix(name) && lines[$0 + 1].hasSuffix("/32 host LOCAL")
    }
  }

  /// What listens at a port of a namespace.
  private func listener(_ namespace: UInt64, port: UInt16, address: [UInt8]?, name: String) -> StoreSide? {
    guard let pids = namespaces[namespace], let first = pids.first,
      let directory = (try? ProcessDirectory.open(pid: first, proc: proc)) ?? nil,
      let sockets = try? directory.sockets(states: 1 << UInt32(TCPSocket.State.listen.rawValue))
    else { return nil }
    let listening = sockets.first {
      $0.local.port == port && ($0.local.isAny || address == nil || $0.local.address == address)
    }
    guard let listening else { return StoreSide(condition: .silent, name: name) }
    var side = StoreSide(condition: .listening, name: name)
    side.waiting = listening.receiveQueue
    side.backlog = listening.sendQueue
    for pid in pids.prefix(4096) {
      guard let directory = (try? ProcessDirectory.open(pid: pid, proc: proc)) ?? nil,
        let inodes = try? directory.socketInodes(), inodes.contains(listening.inode),
        let stat = try? directory.stat()
      else { continue }
      side.name = "\(String(decoding: stat.comm, as: UTF8.self)) (pid \(pid))"
      if stat.state == UInt8(ascii: "T") || stat.state == UInt8(ascii: "t") { side.condition = .stopped }
      break
    }
    return side
  }
}
