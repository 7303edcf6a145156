import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Processes

@Suite("The open folder of a process")
struct ProcessDirectoryTests {
  /// Whether reading fails as it does for a process that is gone.
  private static func isGone<Value>(_ read: () throws -> Value) -> Bool {
    do {
      _ = try read()
      return false
    } catch {
      return (error as? HostError)?.isProcessGone == true
    }
  }

  @Test("It reads what the process was started with")
  func reads() throws {
    let child = try SpawnedChild(
      ["x\n/rest-api", "60", "0.5"], program: FilePath(SpawnedChild.sleepPath),
      environment: ["LOG_LEVEL=warn", "EMPTY=", "A=b=c\nd"])
    defer { child.end() }
    let process = try folder(of: child.pid)
    #expect(process.pid == child.pid)
    #expect(try process.arguments() == ["x\n/rest-api", "60", "0.5"])
    #expect(
      try process.environment(named: ["LOG_LEVEL", "EMPTY", "A", "OTHER"]) == [
        "LOG_LEVEL": "warn", "EMPTY": "", "A": "b=c\nd",
      ])
    #expect(try process.stat().pid == child.pid)
    #expect("SRD".utf8.contains(try process.status().state))
    #expect(try process.executable()?.path == SpawnedChild.sleepPath)
  }

  @Test("Once the process is gone, every reading fails, and none gives another's data")
  func gone() throws {
    for _ in 0..<20 {
      let child = try SpawnedChild.sleep()
      defer { child.end() }
      let process = try folder(of: child.pid)
      _ = try process.stat()
      kill(child.pid, SIGKILL)
      child.reap()
      #expect(Self.isGone { try process.stat() })
      #expect(Self.isGone { try process.status() })
      #expect(Self.isGone { try process.arguments() })
      #expect(Self.isGone { try process.environment(named: ["A"]) })
      #expect(try process.executable() == nil)
    }
  }

  @Test("Nor does it when the pid is another's by then", .enabled(if: isTestMachine))
  func reused() throws {
    let first = try SpawnedChild.sleep()
    defer { first.end() }
    let process = try folder(of: first.pid)
    first.end()
    let second = try #require(try SpawnedChild.sleep(withPid: first.pid))
    defer { second.end() }
    #expect(Self.isGone { try process.stat() })
    #expect(Self.isGone { try process.status() })
    #expect(Self.isGone { try process.arguments() })
    #expect(Self.isGone { try process.environment(named: ["A"]) })
    #expect(try process.executable() == nil)
    // The path leads to the other by now, and only the path.
    let reopened = try folder(of: first.pid)
    #expect(try reopened.stat().startTicks == second.startTicks)
  }

  @Test("Where there is no process there is no folder, and what is no folder is an error")
  func none() throws {
    let gone = try ProcessDirectory.open(pid: .max, proc: "/proc") == nil
    #expect(gone)
    try withScratchFolder { scratch in
      try write("", to: scratch.appending("7"))
      #expect(throws: HostError.unreadable(path: scratch.appending("7"), .notDirectory)) {
        _ = try ProcessDirectory.open(pid: 7, proc: scratch)
      }
    }
  }

  @Test("A file that is too long is refused, not cut")
  func tooLong() throws {
    try withScratchFolder { scratch in
      try makeFolders(scratch.appending("7"))
      try write(String(repeating: "x", count: (16 << 10) + 1), to: scratch.appending("7/stat"))
      let process = try folder(of: 7, in: scratch)
      #expect(throws: HostError.tooLarge(path: scratch.appending("7/stat"), limitBytes: 16 << 10)) {
        _ = try process.stat()
      }
    }
  }

  @Test("Of a jailed process the executable's path is the one inside its jail", .enabled(if: isTestMachine))
  func jail() throws {
    try withScratchFolder { scratch in
      let root = scratch.appending("jail")
      try makeFolders(root)
      // Everything of the machine is there under another name.
      for name in ["usr", "lib", "lib64", "bin"] where (try? FileStatus(at: FilePath("/\(name)"))) != nil {
        try makeFolders(root.appending(name))
      }
      let child = try SpawnedChild(
        [
          "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
          """
          for name in usr lib lib64 bin; do
            [ ! -d "$0/$name" ] || mount --bind "/$name" "$0/$name" || exit 1
          done
          exec chroot "$0" /usr/bin/sleep 60
          """, root.string,
        ], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
      defer { child.end() }
      try child.awaitComm("sleep")
      let process = try folder(of: child.pid)
      #expect(try process.executable()?.path == "/usr/bin/sleep")
      let scan = try ProcessScan(of: "/proc") { $0.suffix(14).elementsEqual("/usr/bin/sleep".utf8) }
      #expect(scan.wanted.contains(child.pid))
    }
  }
}
