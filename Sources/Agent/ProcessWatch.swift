import Containers
import Ledger
import Logs
import Processes
import Switching
import SystemPackage
import Text

/// A process in debug mode that the agent holds: it learns of its end, and reads how much it writes.
final class ProcessWatch {
  let identity: ProcessIdentity
  let place: ServicePlace
  private let container: (runtime: Container.Runtime, id: String)?
  private let handle: ProcessHandle
  private(set) var meter = WriteMeter()
  /// What was left, at the last look, on the file systems of its log.
  private(set) var spaces: [FileSystemSpace] = []

  /// - Returns: `nil` if the process has ended.
  init?(_ entry: LedgerEntry, proc: FilePath) throws(HostError) {
    guard let handle = try ProcessHandle.open(entry.identity, proc: proc), !handle.hasEnded else {
      return nil
    }
    identity = entry.identity
    place = entry.place
    container = entry.container.map {
      (runtime: $0.runtime, id: $0.id)
    }
    self.handle = handle
  }

  /// How many processes an agent with so many descriptors may watch: each takes two, and they take no more
  /// than half; the other half is for the work itself, which holds processes as well.
  static func limit(descriptors: Int) -> Int { max(0, (descriptors - 128) / 4) }

  /// Becomes readable when the process ends.
  var descriptor: Int32 { handle.descriptor }
  var hasEnded: Bool { handle.hasEnded }

  /// What a look at a process tells the guard.
  struct Reading: Message {
    /// What it has written so far; `nil` for a process that has just ended, which writes nothing more.
    let writtenBytes: UInt64?
    let spaces: [FileSystemSpace]

    init(writtenBytes: UInt64?, spaces: [FileSystemSpace]) {
      self.writtenBytes = writtenBytes
      self.spaces = spaces
    }

    func write(to message: inout MessageWriter) { message.write(writtenBytes, spaces) }

    init(from message: inout MessageReader) throws(ParseError) {
      writtenBytes = try message.read()
      spaces = try message.read()
    }
  }

  /// Looks in a reader process, because its log may be on a file system that hangs.
  func look(root: FilePath) throws(HostError) -> Reading {
    var written: UInt64?
    do {
      written = try handle.directory.io().writtenBytes
    } catch {
      if !error.isProcessGone { throw error }
    }
    var spaces: [FileSystemSpace] = []
    for room in LogRoom.find(of: handle.directory, container: container, root: root) {
      do { spaces.append(try room.space()) } catch { if !error.isProcessGone { throw error } }
    }
    return Reading(writtenBytes: written, spaces: spaces)
  }

  func note(_ reading: Reading, at moment: BootTime, window: Duration) {
    spaces = reading.spaces
    if let bytes = reading.writtenBytes { meter.add(bytes: bytes, at: moment, window: window) }
  }
}
