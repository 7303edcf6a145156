import CLinux
import Containers
import Glibc
import Processes
import SystemPackage
import Text

/// The program of a runtime that shows a log which is in no file: `docker logs`, `podman logs`, `journalctl`.
struct LogClient {
  let words: [String]
  /// Whether its lines begin with the time at which the runtime got them.
  let hasTimes: Bool

  /// - Returns: `nil` where the runtime has no such program that is known here.
  init?(_ identity: ProcessIdentity, _ container: Container?, isJournalHere: Bool) {
    switch container?.runtime {
    case .docker, .podman:
      guard let container else { return nil }
      let name = container.runtime == .docker ? "docker" : "podman"
      words = [name, "logs", "-f", "--timestamps", "--tail", "0", container.id]
      hasTimes = true
    case nil where isJournalHere:
      words = ["journalctl", "-f", "-q", "-n", "0", "-o", "cat", "_PID=\(identity.pid)"]
      hasTimes = false
    default: return nil
    }
  }

  /// Runs it, and hands its lines on until it ends.
  func run(output: Int32) -> Never {
    let reader = LogFollowing(output: output)
    var ends: [Int32] = [0, 0]
    guard clinux_pipe(&ends, 64 << 10) == 0 else { _exit(1) }
    let own = getpid()
    let pid = clinux_fork()
    if pid == 0 {
      // It goes when this process goes, which goes when the program does.
      guard clinux_end_with_parent() == 0, getppid() == own else { _exit(0) }
      dup2(ends[1], STDOUT_FILENO)
      dup2(ends[1], STDERR_FILENO)
      var arguments = words.map { strdup($0) } + [nil]
      execvp(words[0], &arguments)
      _exit(127)
    }
    close(ends[1])
    guard pid > 0 else { _exit(1) }
    reader.send([.ready(key: "\(words.last ?? "")")])
    var carry: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(ends[0], &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      carry += chunk[..<count]
      var lines = carry.split(separator: 0x0A, omittingEmptySubsequences: false)
      let rest = lines.removeLast()
      reader.send(lines.map(event))
      carry = Array(rest)
      if carry.count > FollowedFile.limitLineBytes {
        reader.send([.line(time: nil, carry)])
        carry.removeAll()
      }
    }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    let code = (status >> 8) & 0xFF
    let why = code == 127 ? "it is not here" : "it ended with status \(code)"
    reader.send([.problem("its log comes from '\(words.prefix(2).joined(separator: " "))', and \(why)")])
    _exit(0)
  }

  private func event(_ line: ArraySlice<UInt8>) -> FollowedEvent {
    guard hasTimes, let space = line.firstIndex(of: 0x20),
      let time = line[..<space].withUnsafeBytes({ LogTime(parsing: $0) })
    else { return .line(time: nil, Array(line)) }
    return .line(time: time, Array(line[(space + 1)...]))
  }
}
