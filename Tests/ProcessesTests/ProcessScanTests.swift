import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Processes

@Suite("The first look at all processes")
struct ProcessScanTests {
  private static func isAPI(_ link: UnsafeBufferPointer<UInt8>) -> Bool {
    ExecutableFile.withoutDeletedMark(link).elementsEqual("/rest-api".utf8)
  }

  @Test("Folders with a pid for a name are processes, and nothing else is")
  func recorded() throws {
    let scan = try ProcessScan(of: ProcessTableTests.recorded("plain").proc, where: Self.isAPI)
    #expect(scan.pids == [1, 10, 4711, 4720, 4800])
    // 4720 executes "/rest-api (deleted)".
    #expect(scan.wanted == [4711, 4720])
    #expect(scan.forbidden == [] && scan.unreadable == [])
  }

  @Test("What most processes execute is asked for once each, and nothing is made of it")
  func asked() throws {
    let links = Mutex<[String]>([])
    let scan = try ProcessScan(of: ProcessTableTests.recorded("plain").proc) { link in
      links.withLock { $0.append(String(decoding: link, as: UTF8.self)) }
      return false
    }
    #expect(scan.wanted == [])
    // A kernel thread (10) and a zombie (4800) have no executable.
    #expect(
      links.withLock { $0.sorted() } == ["/rest-api", "/rest-api (deleted)", "/usr/lib/systemd/systemd"])
  }

  @Test("However many there are, and however many threads look, each is found once", arguments: [1, 2, 7])
  func many(threads: Int) throws {
    try withScratchFolder { folder in
      let count = 3000
      for pid in 1...count {
        try makeFolders(folder.appending("\(pid)"))
        // Every third executes what is looked for, every fifth nothing.
        guard pid % 5 != 0 else { continue }
        let target = pid % 3 == 0 ? "/rest-api" : "/usr/bin/sleep"
        guard symlink(target, folder.appending("\(pid)/exe").string) == 0 else {
          throw Errno(rawValue: errno)
        }
      }
      for name in ["self", "0", "-1", "12x", "99999999999", "1.5"] { try makeFolders(folder.appending(name)) }
      let scan = try ProcessScan(of: folder, threadLimit: threads, where: Self.isAPI)
      #expect(scan.pids == (1...Int32(count)).map { $0 })
      #expect(scan.wanted == scan.pids.filter { $0 % 3 == 0 && $0 % 5 != 0 })
    }
  }

  @Test("An executable that may not be asked for is told from one that is not there")
  func forbidden() throws {
    try withScratchFolder { folder in
      for pid in [1, 2, 3] { try makeFolders(folder.appending("\(pid)")) }
      symlink("/rest-api", folder.appending("1/exe").string)
      symlink("/rest-api", folder.appending("2/exe").string)
      // A file in the place of the link: no errno that is known.
      try write("", to: folder.appending("3/exe"))
      chmod(folder.appending("2").string, 0)
      defer { chmod(folder.appending("2").string, 0o755) }
      try asNobody {
        let scan = try ProcessScan(of: folder, threadLimit: 1, where: Self.isAPI)
        #expect(scan.wanted == [1])
        #expect(scan.forbidden == [2])
        #expect(scan.unreadable == [.unreadable(path: folder.appending("3/exe"), .invalidArgument)])
      }
    }
  }

  @Test("A folder that is not there, or has no process in it, is an error")
  func none() throws {
    let missing = ProcessTableTests.recorded("no-such").proc
    #expect(throws: HostError.unreadable(path: missing, .noSuchFileOrDirectory)) {
      try ProcessScan(of: missing) { _ in true }
    }
    try withScratchFolder { folder in
      let error = #expect(throws: HostError.self) { try ProcessScan(of: folder) { _ in true } }
      #expect(error == .processTable(.noSuchProcess))
    }
  }

  @Test("Real processes, with and without a thread to help", arguments: [1, 4])
  func real(threads: Int) throws {
    let child = try SpawnedChild.sleep()
    defer { child.end() }
    let scan = try ProcessScan(of: "/proc", threadLimit: threads) {
      $0.suffix(6).elementsEqual("/sleep".utf8)
    }
    #expect(scan.wanted.contains(child.pid))
    #expect(!scan.wanted.contains(getpid()) && scan.pids.contains(getpid()))
    child.end()
    #expect(try !ProcessScan(of: "/proc", threadLimit: threads) { _ in true }.wanted.contains(child.pid))
  }
}
