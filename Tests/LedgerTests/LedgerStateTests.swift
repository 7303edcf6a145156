import Processes
import SystemPackage
import Testing

@testable import Ledger
@testable import Text

@Suite("The state file's content")
struct LedgerStateTests {
  @Test("every value comes back exactly, 64-bit numbers and odd strings included")
  func roundTrip() throws {
    for state in [LedgerState(bootID: bootID), sample] {
      #expect(try parsed(bytes(of: state)) == state)
    }
    var odd = sample
    odd.upsert(fullEntry(reason: "\u{0}\u{1b}[31m\u{2028}\u{FFFD}😀\"checksum\" : \"crc32:00000000"))
    #expect(try parsed(bytes(of: odd)) == odd)
  }

  @Test("keys are snake_case")
  func keys() throws {
    let text = String(decoding: try bytes(of: sample), as: UTF8.self)
    for key in ["deadline_boottime_ns", "sudo_user", "last_signal", "wanted_debug"] {
      #expect(text.contains("\"\(key)\" : "))
    }
    #expect(text.contains("\"schema_version\" : 3"))
    #expect(text.contains("\"start_ticks\" : 18446744073709551615"))
    #expect(text.contains("\"executable\" : \"/rest-api\""))
    #expect(text.hasSuffix("}\n"))
  }

  @Test("a file that was cut at any place is damaged")
  func truncated() throws {
    let whole = try bytes(of: sample)
    for length in 0..<whole.count {
      let error = failure { () throws(LedgerError) in _ = try parsed(Array(whole[..<length])) }
      guard case .damaged(samplePath, _) = error else {
        Issue.record("cut to \(length) bytes: \(String(describing: error))")
        continue
      }
    }
  }

  @Test("a file with any byte changed is damaged or newer, never another state")
  func flipped() throws {
    let whole = try bytes(of: sample)
    for index in whole.indices {
      for mask in [1 << (index % 8), 1 << ((index + 5) % 8), 0xFF] as [UInt8] {
        var changed = whole
        changed[index] ^= mask
        let error = failure { () throws(LedgerError) in _ = try parsed(changed) }
        switch error {
        case .damaged(samplePath, _), .newerSchema(samplePath, _, 3): break
        default: Issue.record("byte \(index), mask \(mask): \(String(describing: error))")
        }
      }
    }
  }

  @Test("a file with bytes added, lost or swapped is damaged")
  func shifted() throws {
    let whole = try bytes(of: sample)
    for index in whole.indices {
      var longer = whole
      longer.insert(UInt8(ascii: "0"), at: index)
      var shorter = whole
      shorter.remove(at: index)
      var swapped = whole
      swapped.swapAt(index, (index + 1) % whole.count)
      let changed = [longer, shorter, swapped][index % 3]
      if changed != whole { #expect(throws: LedgerError.self) { try parsed(changed) } }
    }
    #expect(throws: LedgerError.self) { try parsed(whole + whole) }
    #expect(throws: LedgerError.self) { try parsed(whole + [0]) }
  }

  @Test("files of the versions before are read: nothing that is on is lost by an upgrade")
  func olderVersions() throws {
    let new = LedgerState(bootID: bootID, entries: [fullEntry()])
    let text = String(decoding: try bytes(of: new), as: UTF8.self)
    // As version 1 had it: a pod's names beside the container's, and null for what is absent.
    let pod = try #require(text.firstRange(of: "\"pod\" : {"))
    let end = try #require(text[pod.lowerBound...].firstIndex(of: "}"))
    let old =
      text.replacingCharacters(
        pod.lowerBound...end,
        with: "\"pod_container\" : \"api\", \"pod_name\" : \"api-0\", \"pod_namespace\" : \"default\"")
    for version in [1, 2] {
      let read = try parsed(sealed(old.replacing("_version\" : 3", with: "_version\" : \(version)")))
      #expect(read[fullEntry().identity]?.place == fullEntry().place)
      #expect(read[fullEntry().identity]?.deadline == fullEntry().deadline)
    }
    let bare = """
      {"boot_id":"\(bootID)","checksum" : "crc32:00000000","entries":[{"boot_id":"\(bootID)","by":\
      {"sudo_user":null,"uid":0,"user":""},"container":null,"deadline_boottime_ns":null,"debug":false,\
      "dialect":"driver","executable":"","last_signal":null,"pid":42,"reason":null,"service":"driver",\
      "since_boottime_ns":0,"since_wall_ns":0,"start_ticks":0}],"schema_version":1}
      """
    #expect(try parsed(sealed(bare)) == LedgerState(bootID: bootID, entries: [bareEntry()]))
  }

  @Test("every key that must be there and is missing, and every value of a wrong type, is named")
  func wrongShape() throws {
    let one = LedgerState(bootID: bootID, entries: [fullEntry()])
    let lines = String(decoding: try bytes(of: one), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    let nullable: Set = [
      "container", "name", "image", "pod", "uid", "namespace", "deadline_boottime_ns", "sudo_user", "reason",
      "last_signal",
    ]
    var keys = 0
    for (index, line) in lines.enumerated() {
      guard let colon = line.firstRange(of: "\" : ") else { continue }
      let key = String(line[..<colon.lowerBound].drop { $0 == " " }.dropFirst())
      let value = line[colon.upperBound...]
      let comma = value.hasSuffix(",") ? "," : ""
      if key == "checksum" { continue }
      keys += 1
      func changed(to newLine: String) -> LedgerError? {
        var lines = lines
        lines[index] = newLine
        let text = lines.joined(separator: "\n") + "\n"
        return failure { () throws(LedgerError) in _ = try parsed(sealed(text)) }
      }
      let missing = changed(to: line.replacing("\"\(key)\"", with: "\"x\""))
      if nullable.contains(key) {
        if key != "uid" { #expect(missing == nil, "\(key) may be missing") }
      } else {
        guard case .damaged(_, let reason) = missing, reason.hasSuffix("\(key) is missing") else {
          Issue.record("\(key) missing is not found")
          continue
        }
      }
      if value.hasPrefix("{") || value.hasPrefix("[") { continue }
      var wrong: [String]
      if value.hasPrefix("\"") {
        wrong = ["7", "true", "[]", "{}"]
      } else if value.hasPrefix("t") {
        wrong = ["1", "0", "\"true\"", "[]"]
      } else {
        wrong = ["true", "false", "\"1\"", "[]", "-1.5", "1e99", "18446744073709551616"]
      }
      if !nullable.contains(key) { wrong.append("null") }
      let start = line[..<colon.upperBound]
      for value in wrong {
        guard case .damaged(_, let reason) = changed(to: "\(start)\(value)\(comma)"),
          reason.contains(key) || reason.contains("number")
        else {
          Issue.record("\(key): \(value) is not found")
          continue
        }
      }
      if nullable.contains(key), key != "uid" { #expect(changed(to: "\(start)null\(comma)") == nil) }
      #expect(changed(to: line) == nil)
    }
    #expect(keys == 33)
  }

  @Test(
    "impossible values are damage",
    arguments: [
      ("\"pid\" : 42", "\"pid\" : 0"), ("\"pid\" : 42", "\"pid\" : -42"),
      ("\"pid\" : 42", "\"pid\" : 4294967338"), ("\"pid\" : 42", "\"pid\" : 42.5"),
      ("\"since_boottime_ns\" : 0", "\"since_boottime_ns\" : -1"),
      ("\"since_wall_ns\" : 0", "\"since_wall_ns\" : -1"),
      ("\"deadline_boottime_ns\" : 9007199254740993", "\"deadline_boottime_ns\" : -1"),
      ("\"at_boottime_ns\" : 9007199254740995", "\"at_boottime_ns\" : -1"),
      ("\"start_ticks\" : 0", "\"start_ticks\" : -1"), ("\"uid\" : 0", "\"uid\" : -1"),
      ("\"progress\" : \"intended\"", "\"progress\" : \"maybe\""),
      ("\"schema_version\" : 3", "\"schema_version\" : 0"),
      ("\"schema_version\" : 3", "\"schema_version\" : -1"),
      ("\"schema_version\" : 3", "\"schema_version\" : true"),
      ("\"schema_version\" : 3", "\"schema_version\" : \"1\""),
      ("\"crc32:", "\"crc33:"), ("\"checksum\"", "\"check_sum\""),
      ("\(bootID)", ""),
    ])
  func impossible(_ change: (from: String, to: String)) throws {
    let text = String(decoding: try bytes(of: sample), as: UTF8.self)
    #expect(text.contains(change.from))
    let error = failure { () throws(LedgerError) in
      _ = try parsed(sealed(text.replacing(change.from, with: change.to)))
    }
    guard case .damaged(samplePath, _) = error else {
      Issue.record("\(change.to): \(String(describing: error))")
      return
    }
  }

  @Test(
    "what is not JSON of this form is damage",
    arguments: ["", " ", "\n", "{}", "[]", "null", "1", "\"\"", "{", "state", "\u{FEFF}{}", "\0\0\0"])
  func notJSON(_ text: String) {
    let error = failure { () throws(LedgerError) in _ = try parsed(Array(text.utf8)) }
    guard case .damaged(samplePath, _) = error else {
      Issue.record("\(text): \(String(describing: error))")
      return
    }
  }

  @Test("very deep nesting is damage, not a crash")
  func deep() {
    #expect(throws: LedgerError.self) { try parsed(Array(repeating: UInt8(ascii: "["), count: 1 << 20)) }
  }

  @Test("a newer schema is said to be newer, whatever else is in the file and whatever its checksum")
  func newer() throws {
    #expect(throws: LedgerError.newerSchema(path: samplePath, found: 4, known: 3)) {
      try parsed(Array("{\"schema_version\":4,\"entries\":{}}".utf8))
    }
  }

  @Test("keys that are not known are passed over")
  func unknownKeys() throws {
    let text = String(decoding: try bytes(of: sample), as: UTF8.self)
      .replacing("\"debug\" : ", with: "\"zeal\" : [1, {}],\n\"debug\" : ")
    #expect(try parsed(sealed(text)) == sample)
  }

  @Test("two entries for one process are damage")
  func duplicates() throws {
    let two = LedgerState(bootID: bootID, entries: [bareEntry(pid: 42), bareEntry(pid: 43)])
    let text = String(decoding: try bytes(of: two), as: UTF8.self)
    #expect(throws: LedgerError.damaged(path: samplePath, reason: "pid 42 has two entries")) {
      try parsed(sealed(text.replacing("\"pid\" : 43", with: "\"pid\" : 42")))
    }
  }

  @Test("a state that could not be read back is not written")
  func unrecordable() {
    for bad in [
      LedgerState(bootID: "", entries: []), LedgerState(bootID: bootID, entries: [bareEntry(pid: 0)]),
      LedgerState(bootID: bootID, entries: [bareEntry(pid: -7)]),
      LedgerState(bootID: bootID, entries: [fullEntry(bootID: "")]),
    ] {
      #expect(throws: LedgerError.self) { try bytes(of: bad) }
    }
  }

  @Test("entries are found, replaced and removed by their whole identity")
  func lookup() {
    var state = sample
    #expect(state[fullEntry().identity] == fullEntry())
    #expect(state[ProcessIdentity(bootID: bootID, pid: 42, startTicks: 1)] == nil)
    #expect(state[ProcessIdentity(bootID: otherBootID, pid: 42, startTicks: 0)] == nil)
    var changed = bareEntry()
    changed.debug = true
    state.upsert(changed)
    #expect(state.entries == [fullEntry(), changed])
    #expect(state.remove(fullEntry().identity) == fullEntry())
    #expect(state.remove(fullEntry().identity) == nil)
    #expect(state.entries == [changed])
    #expect(LedgerState(bootID: bootID, entries: [bareEntry(), changed]).entries == [changed])
  }

  @Test("what is recorded in another pid namespace of the boot is set aside, and kept")
  func elsewhere() throws {
    let inside = bootID + "/4026532201"
    let there = bareEntry(pid: 1, bootID: inside)
    let own = bareEntry(pid: 77)
    let (state, dropped) = LedgerState(bootID: bootID, entries: [there, own]).current(SeenBoot(bootID))
    #expect(state.entries == [own] && state.elsewhere == [there] && dropped == [])
    // Who writes the one keeps the other, and who sees that one finds it.
    let written = try LedgerState(parsing: try state.fileBytes(path: samplePath), path: samplePath)
    #expect(written.current(SeenBoot(inside)).state.entries == [there])
    #expect(written.current(SeenBoot(inside)).state.elsewhere == [own])
    #expect(written.current(SeenBoot(otherBootID)).state.isEmpty)
  }

  @Test("entries of another boot are dropped and told")
  func otherBoot() {
    let old = fullEntry(bootID: otherBootID)
    let mixed = LedgerState(bootID: otherBootID, entries: [old, bareEntry()])
    let (state, dropped) = mixed.current(SeenBoot(bootID))
    #expect(state == LedgerState(bootID: bootID, entries: [bareEntry()]))
    #expect(dropped == [old])
  }

  @Test("what is promised of deadlines goes by how many are over at one moment")
  func deadlinesAtOnce() {
    func atOnce(_ deadlines: [BootTime?]) -> Int {
      let entries = deadlines.enumerated().map { number, deadline in
        var entry = fullEntry(pid: Int32(number + 1))
        entry.deadline = deadline
        return entry
      }
      return LedgerState(bootID: bootID, entries: entries).deadlinesAtOnce
    }
    #expect(atOnce([]) == 0)
    #expect(atOnce([nil, 9_000_000_000]) == 1)
    #expect(atOnce([5_000_000_000, 0, 4_500_000_000, 1_000_000_000, 5_499_999_999]) == 3)
    #expect(atOnce([.distantPast, .distantFuture]) <= 2)
    let promises = [0, 250, 251, 1000].map { RevertKeeper.agent.lateness(deadlinesAtOnce: $0) }
    #expect(promises == [100, 100, 200, 400].map(Duration.milliseconds))
    #expect(RevertKeeper.agent.sentence(deadlinesAtOnce: 400).contains("200 ms late at most"))
    #expect(RevertKeeper.cron.lateness(deadlinesAtOnce: 400) == .seconds(60))
  }

  @Test("CRC-32 has its published check value")
  func crc() {
    #expect(CRC32.value(of: Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.hexadecimal(of: []) == Array("00000000".utf8))
  }
}

extension String {
  fileprivate func replacingCharacters(_ range: ClosedRange<Index>, with text: String) -> String {
    var changed = self
    changed.replaceSubrange(range, with: text)
    return changed
  }
}
