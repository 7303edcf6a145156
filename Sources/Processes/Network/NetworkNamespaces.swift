import SystemPackage

/// Which processes share a network, namespaces(7).
public struct NetworkNamespaces: Sendable {
  /// The pids in each namespace, ascending, by the namespace's inode.
  public let pids: [UInt64: [Int32]]

  /// Reads one link of each process. A process whose namespace may not be read is left out.
  ///
  /// - Throws: as `ProcessScan`.
  public init(of proc: FilePath) throws(HostError) {
    var pids: [UInt64: [Int32]] = [:]
    for pid in try ProcessScan(of: proc, where: { _ in false }).pids {
      guard let directory = (try? ProcessDirectory.open(pid: pid, proc: proc)) ?? nil,
        let namespace = (try? directory.networkNamespace()) ?? nil
      else { continue }
      pids[namespace, default: []].append(pid)
    }
    self.pids = pids
  }
}
