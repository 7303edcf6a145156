import CLinux
import Containers
import Glibc
import Processes
import SystemPackage
import Text

/// A runtime's program that shows a log which is in no file: `docker logs`, `podman logs`, `journalctl`.
struct LogClient {
  let words: [String]
  /// Whether its lines begin with the time at which the runtime got them.
  let hasTimes: Bool
  private let since: WallTime?

  /// - Parameter since: where to begin; `nil`: with what is written from now on.
  /// - Returns: `nil` if the runtime has no such program that is known here.
  init?(_ identity: ProcessIdentity, _ container: Container?, since: WallTime?, isJournalHere: Bool) {
    self.since = since
    // Rounded down to a millisecond: older lines are dropped here.
    let since = since.map(Timestamp.init)
    switch container?.runtime {
    case .docker, .podman:
      guard let container else { return nil }
      let name = container.runtime == .docker ? "docker" : "podman"
      let start = since.map { ["--since", $0.description] } ?? ["--tail", "0"]
      words = [name, "logs", "-f", "--timestamps"] + start + [container.id]
      hasTimes = true
    case nil where isJournalHere:
      let start = since.map { ["--since", "@\($0.wallMs / 1000)"] } ?? ["-n", "0"]
      words = ["journalctl", "-f", "-q", "-o", "cat"] + start + ["_PID=\(identity.pid)"]
      hasTimes = false
    default: return nil
    }
  }

  /// Runs it, and passes its lines on until it ends.
  func run(output: Int32) -> Never {
    let reader = LogFollowing(output: output)
    var ends: [Int32] = [0, 0]
    guard clinux_pipe(&ends, 64 << 10) == 0 else { _exit(1) }
    guard let program = try? ChildProgram(words, output: ends[1], errors: ends[1]) else { _exit(1) }
    close(ends[1])
    reader.send([.ready(key: words.last ?? "")])
    var lines = LineSplitter(limitBytes: FollowedFile.limitLineBytes)
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(ends[0], &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      var events: [FollowedEvent] = []
      lines.take(chunk[..<count]) { if let event = event($0) { events.append(event) } }
      reader.send(events)
    }
    switch program.exitStatus(waits: true) ?? 0 {
    // It ends like this with its container.
    case 0: break
    case 127: reader.send([.problem("its log comes from '\(words[0]) \(words[1])', which is not here")])
    case let status:
      let name = "\(words[0]) \(words[1])"
      reader.send([.problem("its log comes from '\(name)', which ended with status \(status)")])
    }
    _exit(0)
  }

  private func event(_ line: ArraySlice<UInt8>) -> FollowedEvent? {
    guard hasTimes, let space = line.firstIndex(of: 0x20),
      let time = line[..<space].withUnsafeBytes({ LogTime(parsing: $0) })
    else { return .line(time: nil, Array(line)) }
    if let since, time.wall < since { return nil }
    return .line(time: time, Array(line[(space + 1)...]))
  }
}
