import Processes
import SystemPackage

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
    container: .init(
      runtime: "docker", id: String(repeating: "0f", count: 32), name: "rest-api",
      image: "registry/placeos/rest-api:latest", podNamespace: "default", podName: "api-0",
      podContainer: "api"),
    dialect: "toggle", debug: true, sinceBoottimeNs: .max, sinceWallNs: 1_795_350_000_123_456_789,
    deadlineBoottimeNs: 9_007_199_254_740_993, by: .init(user: "root", sudoUser: "steve", uid: .max),
    reason: reason,
    lastSignal: .init(
      signal: "USR1", wanted: true, atBoottimeNs: 9_007_199_254_740_995, progress: .intended))
}

/// An entry in which every key that may be null is null.
func bareEntry(pid: Int32 = 42) -> LedgerEntry {
  LedgerEntry(
    identity: ProcessIdentity(bootID: bootID, pid: pid, startTicks: 0), service: "driver",
    executable: "", container: nil, dialect: "driver", debug: false, sinceBoottimeNs: 0, sinceWallNs: 0,
    deadlineBoottimeNs: nil, by: .init(user: "", sudoUser: nil, uid: 0), reason: nil, lastSignal: nil)
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
    of: fullEntry(pid: Int32(number)), time: Timestamp(wallNs: 1_795_350_000_123_456_789), signal: "USR1",
    debug: true, outcome: "switched", evidence: "ledger", by: .init(user: "root", sudoUser: nil, uid: 0),
    reason: reason, command: "on", expiresAt: nil)
}
