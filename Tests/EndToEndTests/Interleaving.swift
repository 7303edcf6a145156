import Glibc
import TestSupport

/// One random sequence of steps over a few stand-ins, with a state directory of its own: from a seed, so that
/// it can be had again.
struct Interleaving {
  /// What has been seen, for the record.
  struct Tally: CustomStringConvertible {
    var steps = 0
    /// Levels that memory or signals told, each compared with the process's own word.
    var compared = 0
    /// Levels that neither of them could tell.
    var untold = 0
    var toolSignals = 0
    var foreignSignals = 0
    var restarts = 0
    var pauses = 0
    var failed = 0

    var description: String {
      "\(steps) steps, \(compared) levels compared, \(untold) not to be told, "
        + "\(toolSignals) signals by the tool, \(foreignSignals) foreign, \(restarts) restarts, \(pauses) pauses, \(failed) failed"
    }

    mutating func add(_ other: Tally) {
      steps += other.steps
      compared += other.compared
      untold += other.untold
      toolSignals += other.toolSignals
      foreignSignals += other.foreignSignals
      restarts += other.restarts
      pauses += other.pauses
      failed += other.failed
    }
  }

  private static let stepCount = 8
  private static let kinds: [(fixture: String, path: String, arguments: [String], service: String)] = [
    ("toggle-static", "rest-api", [], "api"),
    ("toggle-dynamic", "replica/rest-api", [], "api"),
    ("toggle-release", "triggers", [], "triggers"),
    ("latch-static", "staff-api", [], "staff"),
    ("latch-release", "dispatch", [], "dispatch"),
    ("driver-dynamic", "app/bin/drivers/drivers_place_meet_c54390a", ["-p"], "driver"),
    ("driver-release", "app/bin/drivers/drivers_sample_0a1b2c3", ["-p"], "driver"),
  ]

  let seed: UInt64
  private(set) var story: [String] = []
  private(set) var problems: [String] = []
  private(set) var tally = Tally()
  private let tool: Tool
  private let scratch: Scratch
  private var random: SeededNumbers
  private var fleet: [FleetMember] = []

  init(seed: UInt64, in scratch: Scratch) throws {
    self.seed = seed
    self.scratch = scratch
    random = SeededNumbers(seed: seed)
    var tool = Tool(scratch)
    tool.stateDirectory = scratch("state-\(seed)")
    self.tool = tool
    let kinds = Self.kinds.shuffled(using: &random).prefix(Int.random(in: 3...5, using: &random))
    for kind in kinds {
      fleet.append(
        try FleetMember(
          kind.fixture, kind.path, kind.arguments, kind.service, isSlow: Bool.random(using: &random),
          in: scratch))
    }
  }

  /// Goes through the steps, and looks after each.
  mutating func run() throws {
    for _ in 0..<Self.stepCount {
      try step()
      tally.steps += 1
      try look()
      if !problems.isEmpty { break }
    }
    if problems.isEmpty { try settleAll() }
    for member in fleet { member.process.child.end() }
    if !problems.isEmpty { tally.failed = 1 }
  }

  // MARK: steps

  private mutating func step() throws {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<4: try command("on")
    case 4..<8: try command("off")
    case 8..<10: try command("toggle")
    case 10..<12: try command("revert")
    case 12..<16: try foreignSignal()
    case 16..<17: try restart()
    case 17..<19: try pause()
    default: try expire()
    }
  }

  private mutating func command(_ verb: String) throws {
    let chosen = choose(verb)
    let wait = ["30ms", "3s"].randomElement(using: &random)!
    try command([verb] + chosen.words + ["--wait", wait, "--json"], verb, chosen.members)
  }

  /// What cron runs; nothing has expired, so it does nothing.
  private mutating func expire() throws {
    let run = try command(["revert", "--expired", "--json"], "revert", [])
    if try run.rows() != [] { problems.append("something was reverted before its time: \(run.output)") }
  }

  @discardableResult
  private mutating func command(_ words: [String], _ verb: String, _ chosen: [Int]) throws -> Tool.Run {
    let run = try tool.run(words)
    let rows = try run.rows()
    story.append("\(words.joined(separator: " ")) → \(run.status): \(Self.summary(rows))")
    if run.status == 2 || run.status == 3 { problems.append("exit status \(run.status): \(run.errors)") }
    var (sentTo, refused): (Set<Int>, Set<Int>) = ([], [])
    for row in rows {
      guard let index = fleet.firstIndex(where: { Int($0.process.pid) == row["pid"]?.int }) else { continue }
      if !chosen.contains(index) { problems.append("\(fleet[index].name) was not chosen") }
      let isReported = words.contains("--all") && row["outcome"]?.string == "refused"
      if isReported { refused.insert(index) }
      try take(row, of: index, verb, isGood: run.status == 0 && !isReported)
      if ["switched", "unconfirmed"].contains(row["outcome"]?.string) { sentTo.insert(index) }
    }
    for index in fleet.indices {
      let isSent = sentTo.contains(index)
      if isSent {
        fleet[index].sent += 1
        tally.toolSignals += 1
      }
      if !fleet[index].hasHadWhatWasSent() {
        problems.append(
          "\(fleet[index].name) was sent \(fleet[index].sent) signals and has had \(fleet[index].received)")
      }
    }
    // An exit status of 0 is a promise for all that were chosen; with --all what cannot be switched does not
    // count.
    if run.status == 0, let wanted = Self.wanted(verb) {
      for index in chosen
      where !refused.contains(index) && !fleet[index].process.becomes(verbose: wanted, within: 5) {
        problems.append("\(words) ended well, and \(fleet[index].name) is not as asked")
      }
    }
    return run
  }

  /// Checks one row of what a command says against the process that it is about.
  private mutating func take(_ row: JSON, of index: Int, _ verb: String, isGood: Bool) throws {
    let member = fleet[index]
    let outcome = row["outcome"]?.string ?? ""
    switch outcome {
    case "switched", "unchanged":
      guard let after = row["after"]?.bool else {
        if Self.wanted(verb) != nil { problems.append("\(member.name) is \(outcome), to no level") }
        return
      }
      // What it ended at, too, where it was asked for.
      if verb != "revert", let wanted = Self.wanted(verb), after != wanted {
        problems.append("\(member.name) is \(outcome), but not to what was asked")
      }
      if !member.process.becomes(verbose: after, within: 5) {
        problems.append("\(member.name) is not \(after), as \(verb) said")
      }
    case "unconfirmed", "refused", "failed":
      if isGood { problems.append("\(member.name) is \(outcome), with exit status 0") }
      if row["message"]?.string == nil {
        problems.append("\(member.name) is \(outcome), and no reason is said")
      }
    case "vanished": break
    default: problems.append("\(member.name): outcome \(outcome)")
    }
    if outcome == "switched" {
      fleet[index].isOurs = row["after"]?.bool == true
    } else if outcome == "unconfirmed", Self.wanted(verb) != false {
      fleet[index].isOurs = true
    }
    if verb == "revert", !member.isOurs {
      problems.append("\(member.name) was reverted, though the tool has not switched it on")
    }
    if outcome == "unchanged", row["after"]?.bool == false { fleet[index].isOurs = false }
  }

  private mutating func foreignSignal() throws {
    let index = fleet.indices.randomElement(using: &random)!
    let member = fleet[index]
    // A latch goes back with USR2; a toggle is killed by it; a driver prints figures.
    let isUSR2 = Bool.random(using: &random) && !member.fixture.hasPrefix("toggle")
    let signal = isUSR2 ? SIGUSR2 : SIGUSR1
    usleep(FleetMember.gapMicroseconds)
    // One at a time: two at once can kill a latch, in the tests as in PlaceOS.
    guard !member.isStarting, member.received == member.sent, member.catches(signal) else {
      story.append("(no foreign signal to \(member.name) now)")
      return
    }
    story.append("kill -\(isUSR2 ? "USR2" : "USR1") \(member.name)")
    tally.foreignSignals += 1
    member.process.child.signal(signal)
    fleet[index].sent += 1
    if !member.isPaused, !fleet[index].hasHadWhatWasSent() {
      // Lost, in the moment in which the handler arms itself again: it happens to whoever sends bare signals.
      story.append("(lost)")
      fleet[index].sent -= 1
    }
    usleep(FleetMember.gapMicroseconds)
  }

  private mutating func restart() throws {
    let index = fleet.indices.randomElement(using: &random)!
    let isSlow = Bool.random(using: &random)
    story.append("restart \(fleet[index].name)\(isSlow ? ", slow to start" : "")")
    tally.restarts += 1
    fleet[index] = try fleet[index].restarted(isSlow: isSlow, in: scratch)
    story.append("  now \(fleet[index].name)")
  }

  private mutating func pause() throws {
    let index = fleet.indices.randomElement(using: &random)!
    tally.pauses += 1
    fleet[index].isPaused.toggle()
    story.append("\(fleet[index].isPaused ? "stop" : "continue") \(fleet[index].name)")
    try fleet[index].carryOutPause()
  }

  // MARK: looking

  /// Compares what `status` says of each process with its own word.
  private mutating func look() throws {
    let before = fleet.map { $0.process.isVerbose() }
    let run = try tool("status", "--json")
    let rows = try run.rows()
    if run.status != 0 || rows.count != fleet.count {
      problems.append("status has \(rows.count) of \(fleet.count), exit status \(run.status): \(run.errors)")
    }
    for (index, member) in fleet.enumerated() {
      guard member.process.child.isRunning else {
        problems.append("\(member.name) has ended: \(Files.text(member.process.log))")
        continue
      }
      guard let row = rows.first(where: { $0["pid"]?.int == Int(member.process.pid) }) else { continue }
      let debug = row["debug"]?.bool
      switch row["evidence"]?.string {
      case "memory", "signals":
        tally.compared += 1
        // A slow start may have come to its end meanwhile.
        let isTrue =
          debug != nil && (debug == before[index] || member.process.becomes(verbose: debug!, within: 5))
        if !isTrue {
          problems.append(
            "status says \(debug as Any) of \(member.name), which says \(member.process.isVerbose() as Any)")
        }
        if debug == true, !member.isOurs, row["by"]?.isNull != true {
          problems.append("status names who switched \(member.name), and it was not the tool")
        }
      default:
        tally.untold += 1
        if !member.fixture.hasPrefix("latch") { problems.append("\(member.name) is not read: \(row)") }
      }
    }
  }

  /// Lets everything come to rest, and counts.
  private mutating func settleAll() throws {
    for index in fleet.indices {
      if fleet[index].isPaused {
        fleet[index].isPaused = false
        try fleet[index].carryOutPause()
      }
      _ = eventually { !fleet[index].isStarting }
      if !fleet[index].hasHadWhatWasSent() {
        problems.append(
          "\(fleet[index].name) was sent \(fleet[index].sent) signals and has had \(fleet[index].received)")
      }
    }
    story.append("(all continue)")
    try look()
  }

  // MARK: choosing

  private mutating func choose(_ verb: String) -> (words: [String], members: [Int]) {
    switch Int.random(in: 0..<6, using: &random) {
    case 0 where verb != "revert":
      return (["--all"], fleet.indices.filter { fleet[$0].service != "driver" })
    case 1 where verb != "revert": return (["--all", "driver"], Array(fleet.indices))
    case 0, 1: return ([], Array(fleet.indices))
    case 2, 3:
      let index = fleet.indices.randomElement(using: &random)!
      return (["pid:\(fleet[index].process.pid)"], [index])
    default:
      let count = Int.random(in: 1...2, using: &random)
      let services = Array(Set(fleet.map(\.service)).sorted().shuffled(using: &random).prefix(count))
      return (services, fleet.indices.filter { services.contains(fleet[$0].service) })
    }
  }

  private static func wanted(_ verb: String) -> Bool? {
    switch verb {
    case "on": true
    case "off": false
    default: nil
    }
  }

  private static func summary(_ rows: [JSON]) -> String {
    rows.map { row in
      let after = row["after"]?.bool.map { "\($0)" } ?? "?"
      let message = row["message"]?.string.map { " (\($0))" } ?? ""
      return "\(row["pid"]?.int ?? 0) \(row["outcome"]?.string ?? "?") → \(after)\(message)"
    }.joined(separator: ", ")
  }
}
