import Containers
import FoundationEssentials
import Logs
import PlaceOS
import Processes
import SystemPackage

/// All looks for a diagnosis. It lives in a reader process, which enters the network namespaces of others.
final class StoreLooker {
  /// What is asked.
  struct Request: Codable {
    enum Subject: Int, Codable { case first, second, store }
    let subject: Subject
    /// Of the process among those that are diagnosed.
    let index: Int
    /// `store` only.
    var use: StoreUse?
  }

  /// What one look at one process shows.
  struct ProcessLook: Codable {
    var uses: [StoreUse] = []
    /// By the order of `uses`.
    var sockets: [[TCPSocket]] = []
    var complaints: [[StoreReading.Complaint]] = []
    var counters: NetworkCounters?
    /// Why something could not be looked at: each a `HostError` as a message.
    var problems: [[UInt8]] = []

    mutating func note(_ error: HostError) {
      var writer = MessageWriter()
      writer.write(error)
      problems.append(writer.bytes)
    }
  }

  private let processes: [DiagnosedProcess]
  private let proc: FilePath
  private let root: FilePath
  private let sinceWallNs: Int64
  private let nowWallNs: Int64
  /// More connections of one process to one store say nothing more.
  private static let limitSockets = 100
  /// The sockets of namespaces that several of the processes share.
  private var known: (namespace: UInt64, subject: Request.Subject, sockets: [TCPSocket])?
  private lazy var neighbourhood = StoreNeighbourhood(proc: proc, root: root, nowWallNs: nowWallNs)

  init(
    _ processes: [DiagnosedProcess], proc: FilePath, root: FilePath, sinceWallNs: Int64, nowWallNs: Int64
  ) {
    self.processes = processes
    self.proc = proc
    self.root = root
    self.sinceWallNs = sinceWallNs
    self.nowWallNs = nowWallNs
  }

  /// Answers one request; nothing where the process is gone.
  func answer(_ bytes: [UInt8]) -> [UInt8] {
    guard let request = try? JSONDecoder().decode(Request.self, from: Data(bytes)),
      let directory = (try? ProcessDirectory.open(pid: processes[request.index].identity.pid, proc: proc))
        ?? nil,
      (try? directory.stat().startTicks) == processes[request.index].identity.startTicks
    else { return [] }
    let encoder = JSONEncoder()
    if request.subject == .store, let use = request.use {
      let side = neighbourhood.side(
        of: use, seenFrom: directory, container: processes[request.index].container)
      return (try? encoder.encode([side].compactMap { $0 })).map { Array($0) } ?? []
    }
    return (try? encoder.encode(look(directory, request))).map { Array($0) } ?? []
  }

  private func look(_ directory: borrowing ProcessDirectory, _ request: Request) -> ProcessLook {
    let process = processes[request.index]
    var look = ProcessLook()
    let environment: [String: String]
    do throws(HostError) {
      environment = try directory.environment(named: StoreUse.variables)
    } catch {
      look.note(error)
      return look
    }
    look.uses = StoreUse.all(ofService: process.service, environment: environment)
    guard !look.uses.isEmpty else { return look }
    look.counters = try? directory.networkCounters()
    do throws(HostError) {
      let inodes = try directory.socketInodes()
      let sockets = try sockets(of: directory, request.subject).filter {
        inodes?.contains($0.inode) ?? true
      }
      look.sockets = look.uses.map { use in
        // The youngest answers first: they are what clears a store.
        let own = sockets.filter { $0.state != .listen && $0.remote.port == use.address.port }
          .sorted { ($0.exchange?.lastReceivedMs ?? 0) < ($1.exchange?.lastReceivedMs ?? 0) }
        return Array(own.prefix(Self.limitSockets))
      }
    } catch {
      look.note(error)
    }
    if request.subject == .first {
      look.complaints = complaints(directory, process, look.uses, Redaction.secrets(in: environment), &look)
    }
    return look
  }

  private func sockets(
    of directory: borrowing ProcessDirectory, _ subject: Request.Subject
  ) throws(HostError) -> [TCPSocket] {
    let namespace = (try? directory.networkNamespace()) ?? nil
    if let known, known.namespace == namespace, known.subject == subject { return known.sockets }
    let sockets = try directory.sockets()
    if let namespace { known = (namespace, subject, sockets) }
    return sockets
  }

  private func complaints(
    _ directory: borrowing ProcessDirectory, _ process: DiagnosedProcess, _ uses: [StoreUse],
    _ secrets: Set<String>, _ look: inout ProcessLook
  ) -> [[StoreReading.Complaint]] {
    let lines: [RecentLog.Line]?
    do throws(HostError) {
      lines = try RecentLog.lines(
        of: directory, container: process.container, sinceWallNs: sinceWallNs, root: root)
    } catch {
      look.note(error)
      lines = nil
    }
    var complaints = uses.map { _ in [StoreReading.Complaint]() }
    for line in lines ?? [] {
      guard let complaint = StoreComplaint(parsing: line.text, service: process.service, uses: uses),
        let index = uses.firstIndex(where: { $0.store == complaint.store }), complaints[index].count < 50
      else { continue }
      let age = line.wallNs.map { max(0, (nowWallNs - $0) / 1_000_000_000) }
      complaints[index].append(
        StoreReading.Complaint(
          state: complaint.state, ageSeconds: age ?? complaints[index].last?.ageSeconds ?? 0,
          text: String(Redaction.redacted(line.text, secrets: secrets).prefix(200))))
    }
    return complaints
  }
}
