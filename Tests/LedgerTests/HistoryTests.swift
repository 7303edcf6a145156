import Glibc
import Processes
import SystemPackage
import TestSupport
import Testing

@testable import Ledger
@testable import Text

@Suite("The history")
struct HistoryTests {
  private func withHistory(_ body: (History) async throws -> Void) async throws {
    try await withScratch { scratch in
      try await body(History(path: scratch.appending("log/history.jsonl"), ownerID: me))
    }
  }

  private func append(_ bytes: some Sequence<UInt8>, to path: FilePath) {
    put((contents(of: path) ?? []) + bytes, at: path)
  }

  @Test("lines come back in order; the directory and the file are the owner's alone")
  func roundTrip() async throws {
    try await withHistory { history in
      #expect(try history.all().entries == [])
      #expect(names(in: history.path.removingLastComponent().removingLastComponent()) == [])
      var bare = historyEntry(8, reason: "two\nlines \u{0}\"\u{2028}😀")
      bare.container = nil
      bare.pod = nil
      bare.expiresAt = Timestamp(0)
      try history.append(historyEntry(7))
      try history.append(bare)
      let (entries, damagedLines, _) = try history.all()
      #expect(entries == [historyEntry(7), bare])
      #expect(damagedLines == 0)
      #expect(permissions(of: history.path) == 0o600)
      #expect(permissions(of: history.path.removingLastComponent()) == 0o700)
      let lines = try #require(contents(of: history.path)).split(separator: UInt8(ascii: "\n"))
      #expect(lines.count == 2)
      #expect(
        String(decoding: lines[0], as: UTF8.self) == """
          {"boot_id":"\(bootID)","by":{"sudo_user":null,"uid":0,"user":"root"},"command":"on",\
          "container":{"id":"\(String(repeating: "0f", count: 32))",\
          "image":"registry/placeos/rest-api:latest","name":"rest-api","runtime":"docker"},\
          "debug":true,"dialect":"toggle","evidence":"ledger","executable":"/rest-api",\
          "expires_at":null,"keeper":null,"outcome":"switched","pid":7,\
          "pod":{"container":"api","name":"api-0","namespace":"default","uid":"6d5f7c9b"},"reason":null,"service":"api",\
          "signal":"USR1","start_ticks":18446744073709551615,"time":"2026-11-22T12:20:00.123Z"}
          """)
    }
  }

  @Test("a line that was cut at any place damages itself and no other")
  func torn() async throws {
    try await withHistory { history in
      try history.append(historyEntry(7))
      let line = try #require(contents(of: history.path))
      for length in 0..<line.count where length % 7 == 0 || length > line.count - 4 {
        put(line + line[..<length], at: history.path)
        try history.append(historyEntry(9))
        let (entries, damagedLines, _) = try history.all()
        // A line without its newline only is whole.
        let whole = length == line.count - 1
        #expect(entries == [historyEntry(7)] + (whole ? [historyEntry(7)] : []) + [historyEntry(9)])
        #expect(damagedLines == (length == 0 || whole ? 0 : 1))
      }
    }
  }

  @Test("nonsense of any kind is counted and hides nothing")
  func nonsense() async throws {
    try await withHistory { history in
      try history.append(historyEntry(7))
      append([0xFF, 0xFE, 0, 10] + Array("{}\n[]\n\n\nnull\n{\"time\":1}\n".utf8), to: history.path)
      append(repeatElement(UInt8(ascii: "["), count: 100_000), to: history.path)
      try history.append(historyEntry(8))
      let (entries, damagedLines, _) = try history.all()
      #expect(entries == [historyEntry(7), historyEntry(8)])
      #expect(damagedLines == 6)
    }
  }

  @Test("the rotated file comes first, and may be all there is")
  func rotated() async throws {
    try await withHistory { history in
      try history.append(historyEntry(7))
      rename(history.path.string, history.path.string + ".1")
      #expect(try history.all().entries == [historyEntry(7)])
      try history.append(historyEntry(8))
      #expect(try history.all().entries == [historyEntry(7), historyEntry(8)])
    }
  }

  @Test("while it is rotated again and again, no reader finds a line twice")
  func rotating() async throws {
    try await withHistory { history in
      try history.append(historyEntry(2))
      concurrently(2) { thread in
        if thread == 0 {
          // Put back under the first name: both names in turn, never both files.
          for _ in 0..<500 {
            rename(history.path.string, history.path.string + ".1")
            rename(history.path.string + ".1", history.path.string)
          }
        } else {
          for _ in 0..<200 {
            if let entries = try? history.all().entries { #expect(entries.count <= 1) }
          }
        }
      }
    }
  }

  @Test("every file that logrotate has kept is read, the oldest first, however it is named and compressed")
  func manyFiles() async throws {
    try await withHistory { history in
      var expected: [HistoryEntry] = []
      let programs = [["gzip"], ["xz"], ["zstd", "--rm"], ["bzip2"]]
      for (number, ending) in [".3", "-20261122", "-20261123-001122", ".2", ""].enumerated() {
        expected.append(historyEntry(number + 1))
        try history.append(expected.last!)
        let age = Int(Timestamp(0).wallMs) + 1_700_000_000 + number
        let rotated = history.path.string + ending
        rename(history.path.string, rotated)
        var times = [timeval(tv_sec: age, tv_usec: 0), timeval(tv_sec: age, tv_usec: 0)]
        utimes(rotated, &times)
        if number < programs.count {
          #expect(try ChildProgram(programs[number] + ["-q", "--", rotated]).exitStatus(waits: true) == 0)
        }
      }
      #expect(names(in: history.path.removingLastComponent()).filter { $0.contains("z") }.count == 4)
      let found = try history.all()
      #expect(found.entries == expected)
      #expect(found.damagedLines == 0 && found.loss.unreadable == [])
      #expect(try history.all(.init(limit: 2)).entries == expected.suffix(2))
      #expect(try history.all(.init(limit: 2)).loss.isCut)
      #expect(try !history.all(.init(limit: 5)).loss.isCut)
      #expect(try history.all(.init { $0.pid == 2 }).entries == [expected[1]])
      #expect(try history.all(.init(since: .distantFuture)).entries == [])
    }
  }

  @Test("of a file that cannot be read it is said, and the others are shown")
  func unreadable() async throws {
    try await withHistory { history in
      try history.append(historyEntry(1))
      for name in ["history.jsonl.1.gz", "history.jsonl.2.xz"] {
        put("no such thing".utf8, at: history.path.removingLastComponent().appending(name))
      }
      put("".utf8, at: history.path.removingLastComponent().appending("history.jsonl.3"), mode: 0o644)
      // Not of the history.
      for name in ["history.jsonl.old", "history.jsonl.1.gz.tmp", "history.jsonlx", "other"] {
        put("x\n".utf8, at: history.path.removingLastComponent().appending(name), mode: 0o644)
      }
      let found = try history.all()
      #expect(found.entries == [historyEntry(1)])
      #expect(found.loss.unreadable.count == 3, "\(found.loss)")
    }
  }

  @Test("what is being compressed is read once")
  func halfCompressed() async throws {
    try await withHistory { history in
      try history.append(historyEntry(1))
      rename(history.path.string, history.path.string + ".1")
      put("half".utf8, at: FilePath(history.path.string + ".1.gz"))
      let found = try history.all()
      #expect(found.entries == [historyEntry(1)] && found.loss.unreadable == [])
    }
  }

  @Test(
    "names that logrotate gives, and others",
    arguments: [
      ("h.jsonl", true), ("h.jsonl.1", true), ("h.jsonl.12.gz", true), ("h.jsonl-20261122", true),
      ("h.jsonl-20261122.zst", true), ("h-20261122.jsonl", true), ("h-20261122.jsonl.bz2", true),
      ("h.jsonl.", false), ("h.jsonl-", false), ("h.jsonl.x", false), ("h.jsonl.gz.1", false),
      ("h.json", false), ("x.jsonl", false), ("h.jsonl.1.tmp", false), ("", false), ("h.jsonl.gz", true),
    ])
  func namesOfFiles(name: String, isOne: Bool) {
    #expect((HistoryFileName(parsing: name, base: "h.jsonl") != nil) == isOne)
  }

  @Test("a line that is too long is not begun")
  func longLine() async throws {
    try await withHistory { history in
      #expect(throws: LedgerError.self) {
        try history.append(historyEntry(7, reason: String(repeating: "x", count: History.lineLimitBytes)))
      }
      let found = try history.all()
      #expect(found.entries == [])
    }
  }

  @Test("64 writers at once in four processes: every line is whole")
  func concurrent() async throws {
    try await withHistory { history in
      await withTaskGroup(of: Void.self) { group in
        for process in 0..<4 {
          group.addTask {
            await #expect(processExitsWith: .success) {
              [path = history.path.string as String, process = process as Int] in
              let history = History(path: FilePath(path), ownerID: geteuid())
              concurrently(16) { thread in
                for line in 0..<10 {
                  let number = 10_000 + (process * 16 + thread) * 10 + line
                  let reason = String(repeating: "x", count: number % 9000)
                  do { try history.append(historyEntry(number, reason: reason)) } catch { exit(1) }
                }
              }
            }
          }
        }
      }
      let (entries, damagedLines, _) = try history.all()
      #expect(damagedLines == 0)
      #expect(entries.map { Int($0.pid) }.sorted() == Array(10_000..<10_640))
      #expect(entries.allSatisfy { $0.reason?.count == Int($0.pid) % 9000 })
    }
  }

  @Test("a directory or a file that is not the owner's alone is refused and left as it is")
  func refused() async throws {
    try await withHistory { history in
      let directory = history.path.removingLastComponent()
      func both() -> [LedgerError?] {
        [
          failure { () throws(LedgerError) in try history.append(historyEntry(7)) },
          failure { () throws(LedgerError) in _ = try history.all() },
        ]
      }
      func expect(_ path: FilePath, _ refusal: LedgerError.Refusal, line: Int = #line) {
        for error in both() { #expect(error == .refused(path: path, refusal), "line \(line)") }
      }
      mkdir(directory.string, 0o750)
      chmod(directory.string, 0o750)
      expect(directory, .permissions(found: 0o750, allowed: 0o700))
      chmod(directory.string, 0o700)

      put("".utf8, at: history.path, mode: 0o640)
      expect(history.path, .permissions(found: 0o640, allowed: 0o600))
      unlink(history.path.string)

      let target = directory.appending("target")
      put("precious".utf8, at: target)
      symlink(target.string, history.path.string)
      expect(history.path, .symbolicLink)
      unlink(history.path.string)
      Glibc.link(target.string, history.path.string)
      expect(history.path, .linked(count: 2))
      unlink(history.path.string)
      #expect(contents(of: target) == Array("precious".utf8))

      mkfifo(history.path.string, 0o600)
      expect(history.path, .notRegularFile)
      unlink(history.path.string)
      mkdir(history.path.string, 0o700)
      expect(history.path, .notRegularFile)

      let other = History(path: history.path, ownerID: me + 1)
      #expect(throws: LedgerError.refused(path: directory, .owner(found: me, required: me + 1))) {
        try other.append(historyEntry(7))
      }
    }
    try await withScratch { scratch in
      let history = History(path: scratch.appending("no/log/history.jsonl"), ownerID: me)
      #expect(
        throws: LedgerError.parentMissing(
          path: scratch.appending("no/log"), parent: scratch.appending("no"))
      ) { try history.append(historyEntry(7)) }
      let found = try history.all()
      #expect(found.entries == [])
    }
  }
}
