import Containers
import Processes
import SystemPackage
import TestSupport

@testable import Ledger
@testable import Text

let bootID = "5b1c1f0a-0d5e-4a1e-9f6e-3d1f6f6f6a01"
let otherBootID = "00000000-0d5e-4a1e-9f6e-3d1f6f6f6a02"

/// An entry in which every key has a value, with numbers and strings that are easily spoilt.
func fullEntry(
  pid: Int32 = 4711, bootID: String = bootID, reason: String = "inc \"7\" \\ é\n"
) -> LedgerEntry {
  LedgerEntry(
    identity: ProcessIdentity(bootID: bootID, pid: pid, startTicks: .max),
    service: "api", executable: "/rest-api",
    container: Container(
      runtime: .docker, id: String(repeating: "0f", count: 32), name: "rest-api",
      image: "registry/placeos/rest-api:latest",
      pod: Pod(uid: "6d5f7c9b", namespace: "default", name: "api-0", container: "api")),
    dialect: "toggle", debug: true, since: .distantFuture, sinceWall: 1_795_350_000_123_456_789,
    deadline: 9_007_199_254_740_993, by: .init(user: "root", sudoUser: "steve", uid: .max),
    reason: reason,
    lastSignal: .init(
      signal: "USR1", wanted: true, at: 9_007_199_254_740_995, progress: .intended))
}

/// An entry in which every key that may be null is null.
func bareEntry(pid: Int32 = 42, bootID boot: String = bootID) -> LedgerEntry {
  LedgerEntry(
    identity: ProcessIdentity(bootID: boot, pid: pid, startTicks: 0), service: "driver",
    executable: "", container: nil, dialect: "driver", debug: false, since: 0, sinceWall: 0,
    deadline: nil, by: .init(user: "", sudoUser: nil, uid: 0), reason: nil, lastSignal: nil)
}

let sample = LedgerState(bootID: bootID, entries: [fullEntry(), bareEntry()])
let samplePath = FilePath("/run/x/state.json")

func bytes(of state: LedgerState) throws -> [UInt8] { try state.fileBytes(path: samplePath) }
func parsed(_ bytes: [UInt8]) throws(LedgerError) -> LedgerState {
  try LedgerState(parsing: bytes, path: samplePath)
}

/// The text as a file whose checksum fits.
func sealed(_ text: String) -> [UInt8] {
  var bytes = Array(text.utf8)
  let marker = Array("\"crc32:".utf8)
  guard
    let start = bytes.indices.first(where: { bytes[$0...].starts(with: marker) })
  else { return bytes }
  let digits = (start + marker.count)..<(start + marker.count + 8)
  bytes.replaceSubrange(digits, with: Array("00000000".utf8))
  bytes.replaceSubrange(digits, with: CRC32.hexadecimal(of: bytes))
  return bytes
}

func historyEntry(_ number: Int, reason: String? = nil) -> HistoryEntry {
  HistoryEntry(
    of: fullEntry(pid: Int32(number)), time: Timestamp(1_795_350_000_123_456_789), signal: "USR1",
    debug: true, outcome: "switched", evidence: "ledger", by: .init(user: "root", sudoUser: nil, uid: 0),
    reason: reason, command: "on", expiresAt: nil)
}

extension History {
  /// All that is wanted, at once.
  func all(
    _ query: Query = Query()
  ) throws(LedgerError) -> (entries: [HistoryEntry], damagedLines: Int, loss: Loss) {
    var entries: [HistoryEntry] = []
    let loss = try read(query) { entry in
      entries.append(entry)
      return true
    }
    return (entries, loss.damagedLines, loss)
  }
}

extension SeenBoot {
  /// The boot of the samples, which began at 1,795,350,000 s after the epoch, an hour later.
  ///
  /// - Parameter living: the processes that are there, with their start.
  init(_ id: String, living: [Int32: UInt64] = [:], set: Duration = .zero) {
    self.init(
      id: id, clock: HostClock(boottime: 3_600_000_000_000, wall: 1_795_353_600_000_000_000 + set)
    ) { living[$0] }
  }
}
