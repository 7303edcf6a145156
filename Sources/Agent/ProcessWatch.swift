import Containers
import Ledger
import Logs
import Processes
import Switching
import SystemPackage

/// A process in debug mode that the agent has a hold on: it is told of its end, and reads what it writes.
final class ProcessWatch {
  let identity: ProcessIdentity
  let place: ServicePlace
  /// Where its log takes up room.
  let rooms: [LogRoom]
  private let handle: ProcessHandle
  private(set) var meter = WriteMeter()

  /// - Returns: `nil` where the process has ended.
  init?(_ entry: LedgerEntry, proc: FilePath, root: FilePath) throws(HostError) {
    guard let handle = try ProcessHandle.open(entry.identity, proc: proc), !handle.hasEnded else {
      return nil
    }
    identity = entry.identity
    place = entry.place
    let container = entry.container.map {
      (runtime: Container.Runtime(rawValue: $0.runtime) ?? .unknown, id: $0.id)
    }
    rooms = LogRoom.find(of: handle.directory, container: container, root: root)
    self.handle = handle
  }

  /// Becomes readable when the process ends.
  var descriptor: Int32 { handle.descriptor }
  var hasEnded: Bool { handle.hasEnded }

  /// Reads what it has written so far. A process that has just ended writes nothing more.
  func measure(atNs: Int64, windowNs: Int64) throws(HostError) {
    do {
      meter.add(bytes: try handle.directory.io().writtenBytes, atNs: atNs, windowNs: windowNs)
    } catch {
      if !error.isProcessGone { throw error }
    }
  }
}
