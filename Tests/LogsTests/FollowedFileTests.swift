import Containers
import Glibc
import Processes
import SystemPackage
import TestSupport
import Testing
import Text

@testable import Logs

private func docker(_ text: String, ends: Bool = true) -> String {
  #"{"log":"\#(text)\#(ends ? "\\n" : "")","stream":"stdout","time":"2026-11-22T12:39:44.1Z"}"# + "\n"
}

@Suite struct FollowedFileTests {
  @Test func beginsAtTheEndAndWaitsForAWholeLine() throws {
    let log = try FollowedLog()
    try log.append(docker("old"), to: "a.log")
    var file = try log.follow(log.source(.file("/a.log"), .docker))
    try log.drain(&file)
    let line = docker("new")
    try log.append(String(line.prefix(20)), to: "a.log")
    try log.drain(&file)
    #expect(log.text == [])
    try log.append(String(line.dropFirst(20)), to: "a.log")
    try log.drain(&file)
    #expect(log.text == ["new"])
  }

  @Test func nothingIsLostOrShownTwiceOverRotations() throws {
    let log = try FollowedLog()
    var file = try log.follow(log.source(.file("/a.log"), .docker))
    var expected: [String] = []
    // Some rotations pass between two looks: up to two, of three files that are kept.
    for rotation in 0..<10 {
      for number in 0..<50 {
        expected.append("\(rotation)-\(number)")
        try log.append(docker(expected.last!), to: "a.log")
        if number == rotation * 5 { try log.drain(&file) }
      }
      if rotation % 3 == 0 { try log.drain(&file) }
      try log.append(docker("tail-\(rotation)"), to: "a.log")
      expected.append("tail-\(rotation)")
      unlink(log.folder.path.appending("a.log.2").string)
      log.rename("a.log.1", to: "a.log.2")
      log.rename("a.log", to: "a.log.1")
      // The runtime has not made the next one yet.
      if rotation % 2 == 0 { try log.drain(&file) }
    }
    try log.append(docker("end"), to: "a.log")
    try log.drain(&file)
    #expect(log.text == expected + ["end"])
    #expect(log.truncations == 0)
  }

  @Test func aFileThatIsCutIsReadFromItsStart() throws {
    let log = try FollowedLog()
    try log.append("one\n", to: "a.log")
    var file = try log.follow(log.source(.file("/a.log"), .plain))
    try log.append("two\n", to: "a.log")
    try log.drain(&file)
    log.truncate("a.log")
    // As long as before, so that its size tells nothing.
    try log.append("six\nten\n", to: "a.log")
    try log.drain(&file)
    #expect(log.text == ["two", "six", "ten"])
    #expect(log.truncations == 1)
  }

  @Test func piecesOfALineAreJoined() throws {
    let log = try FollowedLog()
    var file = try log.follow(log.source(.folder("/"), .cri))
    let time = "2026-11-22T12:39:44.1Z"
    try log.append("\(time) stdout P a\n\(time) stderr F x\n\(time) stdout P b\n", to: "0.log")
    try log.drain(&file)
    try log.append("\(time) stdout F c\n", to: "0.log")
    try log.drain(&file)
    #expect(log.text == ["x", "abc"])
  }

  @Test func aContainersNextStartAndItsRotatedFilesFollow() throws {
    let log = try FollowedLog()
    func line(_ text: String) -> String { "2026-11-22T12:39:44.1Z stdout F \(text)\n" }
    try log.append(line("old"), to: "0.log")
    var file = try log.follow(log.source(.folder("/"), .cri))
    try log.append(line("a"), to: "0.log")
    log.rename("0.log", to: "0.log.20261122-123944")
    // The kubelet renames first; its runtime writes on until it is told.
    try log.append(line("b"), to: "0.log.20261122-123944")
    try log.drain(&file)
    try log.append(line("c"), to: "0.log")
    try log.append("compressed", to: "0.log.20261122-113944.gz")
    try log.append(line("d"), to: "1.log")
    try log.drain(&file)
    #expect(log.text == ["a", "b", "c", "d"])
  }

  @Test func framesComeOutAsTheyWentIn() {
    let events: [FollowedEvent] = [
      .ready(key: "1:2"), .line(time: LogTime(wall: 5, step: .nanoseconds(1)), [1, 10, 0]),
      .line(time: nil, []),
      .problem("x"),
    ]
    var bytes: [UInt8] = []
    for event in events { EventFrame.append(event, to: &bytes) }
    for count in 0...bytes.count {
      var seen: [FollowedEvent] = []
      let taken = bytes[..<count].withUnsafeBytes { EventFrame.take(from: $0) { seen.append($0) } }
      _ = bytes[taken...].withUnsafeBytes { EventFrame.take(from: $0) { seen.append($0) } }
      #expect(seen == events)
    }
  }
}
