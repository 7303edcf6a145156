import Glibc
import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
  /// Random sequences of commands and foreign signals over services whose log is the only evidence, while their logs are
  /// cut, torn, filled with zeros, and lie. A level that is reported is the true one, or nothing is reported; and no
  /// command ends at the opposite of what was asked.
  ///
  /// `PLACEOS_LOGLEVEL_SEED` makes the first of them the one that a failure has named.
  @Suite("Damaged logs") struct DamagedLogs {
    @Test("no level is wrong, and no command does the opposite", arguments: ["json", "line"])
    func interleavings(_ format: String) throws {
      let first = TestMachine.variable("PLACEOS_LOGLEVEL_SEED").flatMap { UInt64($0) } ?? 1
      var told = 0
      for seed in first..<first + 6 {
        var night = try DamagedLog(seed: seed, format: format)
        try night.run()
        told += night.told
        if night.problems.isEmpty { continue }
        let problems = night.problems.joined(separator: "\n")
        Issue.record(
          "PLACEOS_LOGLEVEL_SEED=\(seed), \(format)\n\(problems)\nafter:\n\(night.story.joined(separator: "\n"))"
        )
      }
      // And it was not for want of anything to see.
      #expect(told > 20)
    }
  }
}

/// One such sequence, from a seed.
struct DamagedLog {
  private(set) var story: [String] = []
  private(set) var problems: [String] = []
  /// How often a level was told.
  private(set) var told = 0
  private let scratch = Scratch()
  private let service: StandIn
  private let isForgeable: Bool
  private var random: SeededNumbers
  /// How many signals the service has been sent.
  private var sent = 0
  /// Whether a line of its log says what is not true.
  private var isForged = false

  init(seed: UInt64, format: String) throws {
    random = SeededNumbers(seed: seed)
    isForgeable = format == "line"
    service = try StandIn(
      "toggle-stripped", as: "rest-api", environment: ["PLACE_LOG_FORMAT": format], in: scratch)
    // The first line of a log may be as late as this after the start: until then, one without lines is whole.
    let startSeconds = time(nil)
    _ = eventually { time(nil) > startSeconds + 4 }
  }

  mutating func run() throws {
    for _ in 0..<10 where problems.isEmpty {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6: try command(["on", "off", "toggle", "revert"].randomElement(using: &random)!)
      case 6:
        story.append("kill -USR1")
        // Of two with less between them one can get lost, in the tests as in PlaceOS.
        usleep(20_000)
        let before = words
        service.child.signal(SIGUSR1)
        sent += 1
        settle(from: before)
      default: try damage()
      }
      try look()
    }
    if !service.child.isRunning { problems.append("the service has ended") }
  }

  /// How many words about its level its log has: two for each signal.
  private var words: Int {
    Files.text(service.log).split(separator: "log level changed to", omittingEmptySubsequences: false).count
      - 1
  }

  /// Waits until what was sent has been acted upon, and written down.
  private func settle(from before: Int) {
    let acted = eventually { service.signals().count >= sent }
    _ = acted && eventually { words >= before + 2 }
  }

  private mutating func command(_ verb: String) throws {
    let before = service.isVerbose()
    let wordsBefore = words
    var arguments = [verb, "api", "--trust-name", "--wait", "300ms", "--json"]
    if verb == "revert" { arguments.removeAll { $0 == "--trust-name" } }
    let run = try Tool(scratch).run(arguments)
    let row = try? run.rows().first
    let outcome = row?["outcome"]?.string ?? "nothing"
    story.append("\(verb) → \(run.status): \(outcome) (\(row?["message"]?.string ?? ""))")
    if outcome == "switched" || outcome == "unconfirmed" {
      sent += 1
      settle(from: wordsBefore)
    }
    let after = service.isVerbose()
    if service.signals().count != sent {
      problems.append("\(service.signals().count) signals, \(sent) told of")
    }
    if verb == "on", before == true, after == false { problems.append("on has turned it off") }
    if verb != "on", verb != "toggle", before == false, after == true {
      problems.append("\(verb) has turned it on")
    }
    if run.status == 0, verb == "on" || verb == "off", after != (verb == "on"), !isForged {
      problems.append("\(verb) has ended well, and it is \(after as Any)")
    }
    if outcome == "switched", let said = row?["after"]?.bool, said != after {
      problems.append("\(verb) says \(said), and it is \(after as Any)")
    }
  }

  private mutating func look() throws {
    let row = try Tool(scratch)("status", "--json").rows().first
    guard let debug = row?["debug"]?.bool else { return }
    told += 1
    // In the line format a client can write a line as the service does: what only the log says may be his.
    if debug != service.isVerbose(), !isForged {
      problems.append("status says \(debug) (\(row?["evidence"]?.string ?? "")), and it is \(!debug)")
    }
  }

  // MARK: damage

  private mutating func damage() throws {
    // In the line format a line behind a torn one could be a client's text, and is not believed: not that either.
    let kind = ["cut", "zeros", isForgeable ? "forged" : "torn"].randomElement(using: &random)!
    story.append(kind)
    switch kind {
    case "cut": truncate(service.log, 0)
    case "zeros": try append([UInt8](repeating: 0, count: 4096))
    case "torn": try append(Array(#"{"level":"INFO","time":"2026-01-0"#.utf8))
    default:
      let level = Bool.random(using: &random) ? "Trace" : "Info"
      try append(
        Array(
          """
          level=[I] time=\(Self.now()) program=rest-api source=place_os.log_backend \
          message="default log level changed to \(level)"\n
          """.utf8))
      isForged = true
    }
  }

  private static func now() -> String {
    var (seconds, parts) = (time(nil), tm())
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private func append(_ bytes: [UInt8]) throws {
    let file = try FileDescriptor.open(FilePath(service.log), .writeOnly, options: .append)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }
}
