import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Processes
@testable import Text

@Suite("Process tables")
struct ProcessTableTests {
  static func recorded(_ name: String, file: String = #filePath) -> RecordedProcessTable {
    RecordedProcessTable(
      proc: FilePath(file).removingLastComponent().appending("Recorded/processes/\(name)/proc"))
  }

  static let dockerGroup =
    "0::/system.slice/docker-50db48f4ec4fcb40078952cdfb0321cd32fef0cd749a5bcd2e2fa037c830106d.scope\n"

  // MARK: recorded trees

  @Test("A process in detail")
  func detail() throws {
    let table = Self.recorded("plain")
    let detail = try #require(try table.detail(of: 4711))
    #expect(detail.startTicks == 60284)
    #expect(detail.comm == "rest-api")
    #expect(detail.controlGroups == Array(Self.dockerGroup.utf8))
    #expect(try table.detail(of: 4712) == nil)
  }

  @Test("What a folder of a recorded process says besides")
  func directory() throws {
    let proc = Self.recorded("plain").proc
    let process = try folder(of: 4711, in: proc)
    #expect(try process.arguments() == ["/rest-api", "/rest-api", "-b", "0.0.0.0", "-p", "3000"])
    #expect(
      try process.environment(named: ["LOG_LEVEL", "SG_ENV", "NONE"]) == [
        "LOG_LEVEL": "warn", "SG_ENV": "production",
      ])
    #expect(try process.executable()?.path == "/rest-api")
    let status = try process.status()
    #expect(status.state == UInt8(ascii: "S"))
    #expect(status.masks.caught == SignalMask(bits: 0x2081_0640))
    #expect(status.masks.pending.bits == 0)
    let other = try folder(of: 4720, in: proc)
    #expect(try other.status().masks.pending.contains(SIGUSR1))
    #expect(try other.executable()?.path == "/rest-api")
    let kernelThread = try folder(of: 10, in: proc)
    #expect(try kernelThread.executable() == nil)
    #expect(try kernelThread.arguments() == [])
    let none = try ProcessDirectory.open(pid: 99, proc: proc) == nil
    #expect(none)
  }

  @Test("Hostile names are names, and nothing else")
  func hostile() throws {
    let table = Self.recorded("hostile")
    #expect(try ProcessScan(of: table.proc) { _ in true }.wanted == Array(100...110))
    let names = [
      "a) R (b", ") S 1 1 (core", "x\n1 (y) S", "\u{FFFD}\u{FFFD}\u{FFFD}api",
      String(repeating: " ", count: 15),
      "\u{1B}[2Jrest-api", "", "((((", "))))", "\\n\\", "SigCgt:\t0",
    ]
    for (index, name) in names.enumerated() {
      let detail = try #require(try table.detail(of: 100 + Int32(index)))
      #expect(detail.comm == name)
      let process = try folder(of: 100 + Int32(index), in: table.proc)
      #expect(try process.status().masks.caught.bits == 0x200)
      #expect(try process.arguments() == ["/rest-api\n\u{1B}[31m", name, "\u{FFFD}\u{FFFD}"])
      #expect(try process.executable()?.path == "/srv/x\n/rest-api")
    }
  }

  @Test("A process that vanishes while it is read is left out")
  func vanished() throws {
    let table = Self.recorded("vanished")
    #expect(try table.detail(of: 200) != nil)
    // Nothing but arguments; nothing but stat; all but the control groups.
    for pid in [201, 202, 203] as [Int32] { #expect(try table.detail(of: pid) == nil, "\(pid)") }
  }

  @Test("A file that cannot be understood is an error, never an absent process")
  func damaged() throws {
    let table = Self.recorded("damaged")
    #expect(
      throws: HostError.malformed(
        path: table.proc.appending("301/stat"), reason: "no start time and addresses")
    ) {
      try table.detail(of: 301)
    }
    #expect(throws: HostError.malformed(path: table.proc.appending("302/status"), reason: "no signal mask")) {
      try folder(of: 302, in: table.proc).status()
    }
    #expect(try table.detail(of: 300) != nil)
  }

  @Test("A table that is not there is an error, never an empty one")
  func noTable() {
    let table = Self.recorded("no-such")
    #expect(throws: HostError.unreadable(path: table.proc, .noSuchFileOrDirectory)) {
      try ProcessScan(of: table.proc) { _ in true }
    }
    #expect(throws: HostError.self) { try table.bootID() }
  }

  @Test("The id of the boot")
  func bootID() throws {
    #expect(try Self.recorded("plain").bootID() == "5b1c1f0a-0d5e-4a1e-9f6e-3d1f6f6f6a01")
    // With the number of this pid namespace behind it, unless it is the first.
    let parts = try ProcpsTable().bootID().split(separator: "/")
    #expect(parts[0].utf8.count == 36 && parts.count <= 2)
    let namespace = try FileStatus(at: "/proc/self/ns/pid").inode
    #expect(parts.count == 1 || parts[1] == "\(namespace)")
  }

  @Test(
    "A file that has no boot id is refused", arguments: ["", "\n", "x", String(repeating: "g", count: 36)])
  func noBootID(text: String) throws {
    try withScratchFolder { folder in
      let random = folder.appending("sys/kernel/random")
      try makeFolders(random)
      try write(text, to: random.appending("boot_id"))
      #expect(throws: HostError.malformed(path: random.appending("boot_id"), reason: "no boot id")) {
        try RecordedProcessTable(proc: folder).bootID()
      }
    }
  }

  // MARK: rights

  @Test("A process that may not be looked at is refused in detail")
  func forbidden() throws {
    try withScratchFolder { folder in
      for pid in [1, 2, 3] {
        try makeFolders(folder.appending("\(pid)"))
        for name in ["stat", "status", "cgroup"] {
          let bytes = try FileReader.bytes(
            at: Self.recorded("plain").proc.appending("4711").appending(name), limitBytes: 1 << 16)
          try write(String(decoding: bytes, as: UTF8.self), to: folder.appending("\(pid)/\(name)"))
        }
      }
      // The folder (hidepid=1 shows it so), and a file within it.
      chmod(folder.appending("2").string, 0)
      chmod(folder.appending("3/stat").string, 0)
      defer { chmod(folder.appending("2").string, 0o755) }
      try asNobody { () throws in
        let table = RecordedProcessTable(proc: folder)
        let error = #expect(throws: HostError.self) { try table.detail(of: 2) }
        #expect(error == .unreadable(path: folder.appending("2"), .permissionDenied))
        #expect(error?.isForbidden == true)
        #expect(error?.isProcessGone == false)
        let inner = #expect(throws: HostError.self) { try table.detail(of: 3) }
        #expect(inner == .unreadable(path: folder.appending("3/stat"), .permissionDenied))
      }
    }
  }

  @Test(
    "Under hidepid the others' processes are not there, or refused, and one's own is",
    .enabled(if: isTestMachine), arguments: [1, 2])
  func hidepid(mode: Int) async throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    await #expect(processExitsWith: .success) { [pid = child.pid as Int32, mode = mode as Int] in
      do { try Self.lookWhereOthersAreHidden(pid, mode) } catch { Issue.record(error) }
    }
  }

  /// In a process of its own, which has no way back.
  private static func lookWhereOthersAreHidden(_ pid: Int32, _ mode: Int) throws {
    try hideProcesses(mode)
    let scan = try ProcessScan(of: "/proc") { _ in true }
    #expect(scan.wanted == [getpid()])
    #expect(scan.unreadable == [])
    // Never taken for one that executes nothing.
    #expect(scan.pids.contains(pid) == (mode == 1))
    #expect(scan.forbidden.contains(pid) == (mode == 1))
    for table in [RecordedProcessTable(proc: "/proc"), ProcpsTable()] as [any ProcessTable] {
      #expect(try table.detail(of: getpid()) != nil)
    }
    let recorded = RecordedProcessTable(proc: "/proc")
    if mode == 2 {
      #expect(try recorded.detail(of: pid) == nil)
    } else {
      let error = #expect(throws: HostError.self) { try recorded.detail(of: pid) }
      #expect(error?.isForbidden == true)
    }
  }

  @Test("A /proc that has nothing in it is an error, never an empty table", .enabled(if: isTestMachine))
  func emptyProc() async {
    await #expect(processExitsWith: .success) {
      do { try mountOverProc("tmpfs", nil) } catch { Issue.record(error) }
      #expect(throws: HostError.processTable(.noSuchProcess)) { try ProcessScan(of: "/proc") { _ in true } }
      #expect(throws: HostError.self) { try ProcpsTable().bootID() }
    }
  }

  // MARK: this machine

  @Test("Both tables agree on real processes, whatever these call themselves")
  func real() throws {
    try withScratchFolder { folder in
      let child = try SpawnedChild.sleep(copiedTo: folder.appending("a) R (b (c"))
      defer { child.end() }
      try child.awaitState("S")
      let procps = ProcpsTable()
      let files = RecordedProcessTable(proc: "/proc")
      let detail = try #require(try procps.detail(of: child.pid))
      let byFiles = try #require(try files.detail(of: child.pid))
      #expect(detail == byFiles)
      #expect(detail.comm == "a) R (b (c")
    }
  }

  @Test("A process that is not there has no detail")
  func gone() throws {
    for table in [RecordedProcessTable(proc: "/proc"), ProcpsTable()] as [any ProcessTable] {
      #expect(try table.detail(of: .max) == nil)
    }
  }
}

/// Runs `body` in a thread that has no right which not everybody has: permissions count for root too then.
func asNobody(_ body: () throws -> Void) throws {
  guard geteuid() == 0 else { return try body() }
  try withoutActuallyEscaping(body) { body in
    var result: Result<Void, any Error>?
    let job = Unmanaged.passRetained(Job { result = Result { try body() } }).toOpaque()
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { raw in
        // Of this thread alone, and the kernel takes CAP_DAC_OVERRIDE away with it; setfsuid(2).
        let setfsuid = unsafeBitCast(dlsym(nil, "setfsuid"), to: (@convention(c) (uid_t) -> Int32).self)
        _ = setfsuid(65534)
        Unmanaged<Job>.fromOpaque(raw!).takeUnretainedValue().body()
        return nil
      }, job)
    precondition(failed == 0)
    pthread_join(thread, nil)
    Unmanaged<Job>.fromOpaque(job).release()
    try result?.get()
  }
}

private final class Job {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}

/// Puts a /proc that hides others' processes before this process's own eyes, and gives up every right.
private func hideProcesses(_ mode: Int) throws {
  try mountOverProc("proc", "hidepid=\(mode)")
  guard setgroups(0, nil) == 0, setregid(10001, 10001) == 0, setreuid(10001, 10001) == 0 else {
    throw Errno(rawValue: errno)
  }
}

/// For the calling thread alone: the mounts are its own from here on.
private func mountOverProc(_ type: String, _ options: String?) throws {
  let unshare = unsafeBitCast(dlsym(nil, "unshare"), to: (@convention(c) (Int32) -> Int32).self)
  guard unshare(0x20000) == 0,  // CLONE_NEWNS
    mount("none", "/", nil, UInt(MS_REC) | UInt(MS_PRIVATE), nil) == 0,
    mount("none", "/proc", type, 0, options) == 0
  else { throw Errno(rawValue: errno) }
}

func makeFolders(_ path: FilePath) throws {
  var folder = FilePath("/")
  for component in path.components {
    folder.append(component)
    guard mkdir(folder.string, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
  }
}

func write(_ text: String, to path: FilePath) throws {
  let file = try FileDescriptor.open(
    path, .writeOnly, options: [.create, .truncate, .closeOnExec],
    permissions: [.ownerReadWrite, .groupRead, .otherRead])
  try file.closeAfter { _ = try file.writeAll(Array(text.utf8)) }
}
