import Glibc
import HostTree
import SystemPackage
import TestSupport
import Testing

@testable import Containers
@testable import Logs
@testable import Processes
@testable import Text

/// A host with one process, pid 4711, whose output is kept in one of the ways that are known.
private final class LogTree {
  enum Keeper: CaseIterable { case output, docker, kubernetes, podman }

  static let id = "50db48f4ec4fcb40078952cdfb0321cd32fef0cd749a5bcd2e2fa037c830106d"
  static let uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
  /// 2026-11-22T12:00:00Z, when the process started.
  static let started: WallTime = 1_795_348_800_000_000_000

  let tree: ContainerTree
  let keeper: Keeper
  let log: FilePath
  var now = LogTree.started + .seconds(3600)

  init(_ tree: ContainerTree, _ keeper: Keeper) throws {
    self.tree = tree
    self.keeper = keeper
    log =
      switch keeper {
      case .output: tree.path("proc/4711/fd/1")
      case .docker: tree.path("var/lib/docker/containers/\(Self.id)/\(Self.id)-json.log")
      case .kubernetes: tree.path("var/log/pods/placeos_api-x2x9k_\(Self.uid)/rest-api/1.log")
      case .podman: tree.path("var/lib/containers/storage/overlay-containers/\(Self.id)/userdata/ctr.log")
      }
    try write("")
  }

  static func with(_ keeper: Keeper, _ body: (LogTree) throws -> Void) throws {
    try ContainerTree(recorded: "docker-v2-systemd").withCopy { try body(LogTree($0, keeper)) }
  }

  var container: Container? {
    switch keeper {
    case .output: nil
    case .docker: Container(runtime: .docker, id: Self.id)
    case .kubernetes:
      Container(
        runtime: .containerd, id: Self.id,
        pod: Pod(uid: Self.uid, namespace: "placeos", name: "api-x2x9k", container: "rest-api"))
    case .podman: Container(runtime: .podman, id: Self.id)
    }
  }

  /// `seconds` after the start of the process.
  func line(
    _ text: String, at seconds: Int = 10, stream: String = "stdout", isPart: Bool = false
  ) -> String {
    var moment = Self.started.nanoseconds / 1_000_000_000 + Int64(seconds)
    let day = moment / 86400 == 20779 ? 22 : 21
    moment %= 86400
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "2026-11-\(day)T\(two(moment / 3600)):\(two(moment / 60 % 60)):\(two(moment % 60))Z"
    switch keeper {
    case .output: return "time=\(time) \(text)\n"
    case .docker:
      let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return "{\"log\":\"\(escaped)\(isPart ? "" : "\\n")\",\"stream\":\"\(stream)\",\"time\":\"\(time)\"}\n"
    case .kubernetes, .podman: return "\(time) \(stream) \(isPart ? "P" : "F") \(text)\n"
    }
  }

  func write(_ text: String, to path: FilePath? = nil) throws {
    try tree.write(Array(text.utf8), to: path ?? log)
  }

  /// The path as the host has it.
  func hostPath(_ path: FilePath) -> FilePath {
    FilePath(String(path.string.dropFirst(tree.root.string.count)))
  }

  func append(_ text: String) throws {
    let file = try FileDescriptor.open(log, .writeOnly, options: .append)
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }

  func withProcess<Value>(_ body: (borrowing ProcessDirectory) throws -> Value) throws -> Value {
    guard let process = try ProcessDirectory.open(pid: 4711, proc: tree.path("proc")) else {
      throw Errno.noSuchProcess
    }
    return try body(process)
  }

  func hasLog() throws -> Bool { try reader() != nil }

  /// The words behind `MARK=` in the lines that are found.
  func reader(limit: Int = ServiceLog.defaultLimitBytes, enough: Int = .max) throws -> ServiceLog? {
    let question = ServiceLog.Question(
      mark: Array("MARK=".utf8),
      time: { line in
        guard line.hasBytes("time=", at: 0), line.count >= 25 else { return nil }
        return LogTime(parsing: UnsafeRawBufferPointer(rebasing: line[5..<25]))
      },
      isWanted: { String(decoding: $0, as: UTF8.self).contains("MARK=") },
      isEnough: { $0.count >= enough })
    return try withProcess {
      try ServiceLog(
        process: $0, container: container, started: Self.started, question: question,
        limitBytes: limit, root: tree.root)
    }
  }

  func marks(_ log: inout ServiceLog) throws -> [String] {
    try withProcess { try log.look(at: $0, now: now) }.lines.map {
      String(String(decoding: $0, as: UTF8.self).split(separator: "MARK=").last ?? "")
    }
  }

  /// Seconds after the start of the process since which the log is whole; 0 for all of it, `nil` for none.
  func wholeSince(limit: Int = ServiceLog.defaultLimitBytes) throws -> Int64? {
    guard var log = try reader(limit: limit) else { return nil }
    let since = try withProcess { try log.look(at: $0, now: now) }.wholeSince
    return since == .distantFuture
      ? nil : since == .distantPast ? 0 : (since - Self.started).components.seconds
  }

  func marks(limit: Int = ServiceLog.defaultLimitBytes, enough: Int = .max) throws -> [String] {
    guard var log = try reader(limit: limit, enough: enough) else { return ["no log"] }
    return try marks(&log)
  }
}

private typealias Keeper = LogTree.Keeper

@Suite struct ServiceLogTests {
  @Test(arguments: Keeper.allCases) private func linesSinceTheStartAreFound(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      try tree.write(
        tree.line("MARK=before", at: -1) + tree.line("hello", at: 1) + tree.line("MARK=on", at: 2)
          + tree.line("x", at: 3) + tree.line("MARK=off", at: 4))
      #expect(try tree.marks() == ["on", "off"])
      #expect(try tree.marks(enough: 1) == ["off"])
    }
  }

  @Test(arguments: Keeper.allCases) private func halfALineIsNone(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      let line = tree.line("MARK=on", at: 5)
      for count in stride(from: 0, to: line.utf8.count, by: 5) {
        try tree.write(tree.line("hello", at: 1) + line.prefix(count))
        #expect(try tree.marks() == [])
      }
      try tree.write(tree.line("hello", at: 1) + line)
      #expect(try tree.marks() == ["on"])
    }
  }

  @Test(arguments: [Keeper.docker, .kubernetes, .podman])
  private func pieceOfALongLineIsNoLine(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      let start = tree.line("hello", at: 1)
      // What a client sent fills a piece, so that the next one begins with its words.
      try tree.write(start + tree.line("GET /xxx", isPart: true) + tree.line("MARK=forged"))
      #expect(try tree.marks() == [])
      try tree.write(start + tree.line("GET /xxx", isPart: true) + tree.line("MARK=forged", isPart: true))
      #expect(try tree.marks() == [])
      // Between the two, another stream's line.
      try tree.write(
        start + tree.line("GET /xxx", isPart: true) + tree.line("e", stream: "stderr")
          + tree.line("MARK=forged"))
      #expect(try tree.marks() == [])
      // The piece is at the end of what was read before.
      try tree.write(start + tree.line("GET /xxx", isPart: true))
      var log = try #require(try tree.reader())
      #expect(try tree.marks(&log) == [])
      try tree.append(tree.line("MARK=forged"))
      #expect(try tree.marks(&log) == [])
      try tree.append(tree.line("MARK=on"))
      #expect(try tree.marks(&log) == ["on"])
    }
  }

  @Test(arguments: [Keeper.docker, .kubernetes]) private func standardErrorIsNotRead(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      try tree.write(tree.line("hello") + tree.line("MARK=on", stream: "stderr") + tree.line("bye"))
      #expect(try tree.marks() == [])
    }
  }

  @Test(arguments: Keeper.allCases) private func clockThatWasSetBackEndsTheSearch(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      try tree.write(
        tree.line("hello", at: 1000) + tree.line("MARK=stale", at: 2000) + tree.line("start", at: 10)
          + tree.line("MARK=on", at: 20))
      #expect(try tree.marks() == ["on"])
      try tree.write(
        tree.line("hello", at: 1) + tree.line("MARK=future", at: 7200) + tree.line("x", at: 7201))
      #expect(try tree.marks() == [])
    }
  }

  @Test(arguments: Keeper.allCases) private func askingAgainReadsWhatWasAppended(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      try tree.write(tree.line("hello", at: 1) + tree.line("MARK=0", at: 2))
      var log = try #require(try tree.reader(limit: 100_000))
      #expect(try tree.marks(&log) == ["0"])
      for round in 1...12 {
        let line = tree.line("MARK=\(round)", at: 2 + round)
        let cut = round % line.utf8.count
        try tree.append(String(line.prefix(cut)))
        #expect(try tree.marks(&log).last == "\(round - 1)")
        try tree.append(String(line.dropFirst(cut)))
        #expect(try tree.marks(&log) == (0...round).map(String.init))
      }
      // Too much at once: nothing is known of what lies between.
      try tree.append(String(repeating: tree.line("x", at: 60), count: 4000) + tree.line("MARK=a", at: 61))
      try tree.append(tree.line("MARK=b", at: 62))
      #expect(try tree.marks(&log) == ["a", "b"])
    }
  }

  @Test(arguments: [Keeper.docker, .kubernetes])
  private func firstLineOfAServiceThatWasSilentCounts(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      try tree.write("")
      var log = try #require(try tree.reader())
      #expect(try tree.marks(&log) == [])
      try tree.append(tree.line("MARK=on", at: 5))
      #expect(try tree.marks(&log) == ["on"])
    }
  }

  @Test(arguments: Keeper.allCases) private func logThatIsCutIsReadAnew(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      try tree.write(tree.line("hello", at: 1) + tree.line("MARK=on", at: 2))
      var log = try #require(try tree.reader())
      #expect(try tree.marks(&log) == ["on"])
      try tree.write(tree.line("cut", at: 3))
      #expect(try tree.marks(&log) == [])
      // It grows beyond what it was.
      try tree.write(tree.line("hello again", at: 4) + tree.line("MARK=off", at: 5) + tree.line("x", at: 6))
      #expect(try tree.marks(&log) == ["off"])
      rename(tree.log.string, tree.tree.path("old").string)
      #expect(try tree.marks(&log) == [])
      try tree.write(tree.line("new", at: 7) + tree.line("MARK=new", at: 8))
      #expect(try tree.marks(&log) == ["new"])
    }
  }

  @Test func rotatedDockerLogIsReadWhereTheNewOneDoesNotTell() throws {
    try LogTree.with(.docker) { tree in
      let older = FilePath(tree.log.string + ".1")
      try tree.write(tree.line("hello", at: 1) + tree.line("MARK=on", at: 2), to: older)
      try tree.write(tree.line("x", at: 3))
      #expect(try tree.marks() == ["on"])
      // The first line of the new file continues the last of the old one.
      try tree.write(tree.line("GET /", at: 2, isPart: true), to: older)
      try tree.write(tree.line("MARK=forged", at: 3))
      #expect(try tree.marks() == [])
      unlink(older.string)
      #expect(try tree.marks() == ["forged"], "with no older file, this is the first line of all")
      // A runtime's file begins with a whole entry; whether a client wrote it, its form tells.
      try tree.write("", to: FilePath(older.string + ".gz"))
      #expect(try tree.marks() == ["forged"])
    }
  }

  @Test(arguments: Keeper.allCases) private func sinceWhenTheLogIsWhole(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      // A runtime's file has what the last start of the container wrote.
      try tree.write(tree.line("before", at: -9) + tree.line("x", at: 1) + tree.line("y", at: 9))
      #expect(try tree.wholeSince() == (keeper == .output ? 1 : 0))
      // It was cut.
      try tree.write(tree.line("x", at: 60) + tree.line("y", at: 61))
      #expect(try tree.wholeSince() == 60)
      // More than is read at most.
      let lines = (1...20).map { tree.line("x", at: $0) }
      try tree.write(lines.joined())
      #expect(try tree.wholeSince(limit: lines.joined().utf8.count - 1) == nil)
      // The clock was set back in between.
      try tree.write(tree.line("x", at: 1) + tree.line("y", at: 600) + tree.line("z", at: 3))
      #expect(try tree.wholeSince() == nil)
      // Nobody has written to it.
      try tree.write("")
      var times = [
        timespec(), timespec(tv_sec: Int(LogTree.started.nanoseconds / 1_000_000_000) + 5, tv_nsec: 0),
      ]
      #expect(utimensat(AT_FDCWD, tree.log.string, &times, 0) == 0)
      #expect(try tree.wholeSince() == 5)
      guard keeper == .output else { return }
      try tree.write("no time\n")
      #expect(utimensat(AT_FDCWD, tree.log.string, &times, 0) == 0)
      #expect(try tree.wholeSince() == 5)
    }
  }

  @Test(arguments: [Keeper.docker, .output]) private func damageEndsAtTheNextWholeEntry(keeper: Keeper) throws
  {
    try LogTree.with(keeper) { tree in
      let nuls = String(repeating: "\0", count: 512)
      let start = tree.line("hello", at: 1) + tree.line("MARK=old", at: 2)
      try tree.write(start + nuls + tree.line("MARK=on", at: 10) + tree.line("x", at: 11))
      #expect(try tree.marks() == ["on"])
      #expect(try tree.wholeSince() == 10)
      guard keeper == .docker else { return }
      try tree.write(start + "{\"log\":\"torn aw" + tree.line("MARK=on", at: 10) + tree.line("x", at: 11))
      #expect(try tree.marks() == ["on"])
      #expect(try tree.wholeSince() == 10)
      // Lines that may have said otherwise are gone.
      try tree.write(start + "torn away\n" + tree.line("x", at: 11))
      #expect(try tree.marks() == [])
      #expect(try tree.wholeSince() == 11)
      // Torn away after the last look.
      try tree.write(start)
      var log = try #require(try tree.reader())
      #expect(try tree.marks(&log) == ["old"])
      try tree.append("torn away\n" + tree.line("x", at: 11))
      #expect(try tree.marks(&log) == [])
    }
  }

  @Test func fileThatIsWrittenNowIsTheCurrentOneInKubernetes() throws {
    try LogTree.with(.kubernetes) { tree in
      let folder = tree.log.removingLastComponent()
      let older = folder.appending("3.log")
      try tree.write(tree.line("MARK=older", at: -60), to: older)
      var times = [timespec(), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
      #expect(utimensat(AT_FDCWD, older.string, &times, 0) == 0)
      try tree.write(tree.line("x", at: 1) + tree.line("MARK=current", at: 2), to: folder.appending("0.log"))
      unlink(tree.log.string)
      #expect(try tree.marks() == ["current"])
      // Whoever follows it goes the same way: the older one is not what comes next.
      let source = LogSource(
        place: .folder(tree.hostPath(folder)), format: .cri, files: ContainerFiles(root: tree.tree.root))
      #expect(try source.chain().map { $0.path.lastComponent?.string } == ["3.log", "0.log"])
    }
  }

  @Test func whatDockersLocalDriverKeepsIsRead() throws {
    try LogTree.with(.docker) { tree in
      unlink(tree.log.string)
      let other = tree.log.removingLastComponent().appending("local-logs/container.log")
      try tree.write("", to: other)
      func write(_ bytes: [UInt8]) throws {
        let file = try FileDescriptor.open(other, .writeOnly, options: [.append])
        try file.closeAfter { _ = try file.writeAll(bytes) }
      }
      try write(
        localFrame("MARK=before", at: LogTree.started - .seconds(5))
          + localFrame("MARK=on", at: LogTree.started + .seconds(1)))
      #expect(try tree.marks() == ["on"])
      // What is torn away says nothing, and what was there before is not taken for all.
      try write([0, 0, 0, 18, 1])
      #expect(throws: HostError.self) { try tree.marks() }
    }
  }

  @Test func latestStartAndItsRotatedLogAreReadInKubernetes() throws {
    try LogTree.with(.kubernetes) { tree in
      let folder = tree.log.removingLastComponent()
      try tree.write(tree.line("MARK=first", at: 1), to: folder.appending("0.log"))
      try tree.write(tree.line("x", at: 5) + tree.line("MARK=tenth", at: 5), to: folder.appending("10.log"))
      try tree.write(
        tree.line("x", at: 3) + tree.line("MARK=rotated", at: 4),
        to: folder.appending("10.log.20261122-120004"))
      try tree.write("", to: folder.appending("10.log.20261122-120003.gz"))
      #expect(try tree.marks() == ["rotated", "tenth"])
    }
  }

  @Test(arguments: Keeper.allCases) private func whatIsNoFileIsRefused(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      var log = try #require(try tree.reader())
      unlink(tree.log.string)
      #expect(try tree.marks(&log) == [])
      #expect(mkfifo(tree.log.string, 0o600) == 0)
      #expect(throws: HostError.notRegular(path: tree.log)) { try tree.marks(&log) }
      unlink(tree.log.string)
      try tree.tree.makeFolder(tree.log)
      #expect(throws: HostError.notRegular(path: tree.log)) { try tree.marks(&log) }
      rmdir(tree.log.string)
      if keeper != .output {
        #expect(symlink("/dev/zero", tree.log.string) == 0)
        #expect(throws: HostError.notRegular(path: tree.log)) { try tree.marks(&log) }
      }
    }
  }

  @Test func processWithoutAFileHasNoLog() throws {
    try LogTree.with(.output) { tree throws in
      unlink(tree.log.string)
      #expect(try !tree.hasLog())
      #expect(symlink("pipe:[4711]", tree.log.string) == 0)
      #expect(try !tree.hasLog())
      unlink(tree.log.string)
      #expect(symlink("/dev/null", tree.log.string) == 0)
      #expect(try !tree.hasLog())
    }
  }

  @Test func untimedLineOfAFileNeedsAnEarlierOneSinceTheStart() throws {
    try LogTree.with(.output) { tree in
      try tree.write("MARK=a\n")
      #expect(try tree.marks() == [])
      try tree.write(tree.line("x", at: -5) + "MARK=a\n" + tree.line("x", at: 5))
      #expect(try tree.marks() == [])
      try tree.write(tree.line("x", at: 5) + "y\nMARK=a\nz\nMARK=b\n")
      #expect(try tree.marks() == ["a", "b"])
      var log = try #require(try tree.reader())
      #expect(try tree.marks(&log) == ["a", "b"])
      try tree.append("MARK=c\n")
      #expect(try tree.marks(&log) == ["a", "b", "c"])
    }
  }

  @Test(arguments: [Keeper.docker, .kubernetes])
  private func linesThatAreNoneEndTheSearch(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      let long = String(repeating: "M", count: 300_000)
      let bad = ["\n", "x\n", "\u{0}\u{0}MARK=\n", "{\"log\":\"MARK=\"}\n", "\(long)\n"]
      for junk in bad {
        try tree.write(
          tree.line("a", at: 1) + tree.line("MARK=old", at: 2) + junk + tree.line("MARK=on", at: 3)
            + tree.line("x", at: 4))
        #expect(try tree.marks() == ["on"], "what was lost there may have said otherwise than the old line")
        #expect(try tree.wholeSince() == 3)
      }
    }
  }

  @Test(arguments: Keeper.allCases) private func randomFilesNeverShowAnotherLine(keeper: Keeper) throws {
    try LogTree.with(keeper) { tree in
      var seed: UInt64 = 99
      func random(_ limit: Int) -> Int {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(seed >> 33) % limit
      }
      for _ in 0..<100 {
        let text = (1...8).map { tree.line(random(3) == 0 ? "MARK=on" : "x y", at: $0) }.joined()
        var bytes = Array(text.utf8)
        for _ in 0..<random(6) where bytes.count > 1 {
          let at = random(bytes.count)
          switch random(3) {
          case 0: bytes[at] = UInt8(random(256))
          case 1: bytes.removeSubrange(at..<min(at + random(60), bytes.count))
          default: bytes.insert(contentsOf: [[0x0A, 0x22], [0x5C], [0x22, 0x2C]][random(3)], at: at)
          }
        }
        try tree.tree.write(bytes, to: tree.log)
        _ = try tree.marks()
      }
    }
  }
}
