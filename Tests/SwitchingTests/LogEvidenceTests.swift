import Ledger
import Testing
import Text

@testable import PlaceOS
@testable import Processes
@testable import Switching

/// What a log says counts as far as it is whole, and as far as no client can have written it.
@Suite("The level by a log that may lack lines, or hold somebody else's")
struct LogEvidenceTests {
  static func log(
    _ debug: Bool?, isTracing: Bool = false, wholeForSeconds: Int64? = nil, isForgeable: Bool = false,
    newestSecondsAgo: Int64? = nil
  ) -> LoggedLevel.Finding {
    LoggedLevel.Finding(
      debug: debug, isTracing: isTracing,
      wholeSince: wholeForSeconds.map { now.wall - .seconds($0) } ?? .distantPast, isForgeable: isForgeable,
      newest: newestSecondsAgo.map { now.wall - .seconds($0) })
  }

  static func level(
    _ log: LoggedLevel.Finding?, _ entry: LedgerEntry? = nil, refusal: HostError? = nil,
    _ handling: Handling = Handling(.toggle)
  ) -> LevelReading {
    let none = SignalMask(bits: 0)
    let reading = Reading(
      handling: handling, masks: SignalMasks(caught: none, ignored: none, pending: none),
      state: UInt8(ascii: "S"), isFrozen: false,
      evidence: LevelEvidence(
        program: nil, flag: nil, flagRefusal: nil, log: log, logRefusal: refusal, pipes: nil
      ))
    return LevelReading(reading, entry: entry, isLedgerKnown: true, refusal: nil, now: now)
  }

  static func isUnknown(_ level: LevelReading, _ doubt: LevelReading.Doubt) -> Bool {
    level.debug == nil && level.doubt == doubt
  }

  @Test("Never touched is only what a whole log says nothing of")
  func assumed() {
    #expect(Self.level(nil).debug == false)
    #expect(Self.level(Self.log(nil)).debug == false)
    #expect(Self.isUnknown(Self.level(Self.log(nil, wholeForSeconds: 60)), .logIncomplete))
    #expect(Self.isUnknown(Self.level(nil, refusal: .unreadable(path: "x", .notSupported)), .logIncomplete))
    // Without the right to read it, it is no log.
    #expect(Self.level(nil, refusal: .unreadable(path: "x", .permissionDenied)).debug == false)
  }

  @Test("What this tool did last counts as long as no later line can be missing")
  func ledger() {
    let on = entry(sent: sent(true, secondsAgo: 60, .confirmed))
    #expect(Self.level(Self.log(nil), on).debug == true)
    #expect(Self.level(Self.log(nil, wholeForSeconds: 61), on).debug == true)
    #expect(Self.isUnknown(Self.level(Self.log(nil, wholeForSeconds: 59), on), .logIncomplete))
  }

  @Test("A log that does not reach to a signal that worked has lost what came of it")
  func endMissing() {
    let on = entry(sent: sent(true, secondsAgo: 60, .confirmed))
    #expect(Self.isUnknown(Self.level(Self.log(false, newestSecondsAgo: 61), on), .logIncomplete))
    // Times in logs are cut to the second; and what reaches further says what others did.
    #expect(Self.level(Self.log(false, newestSecondsAgo: 60), on).debug == false)
    #expect(Self.level(Self.log(true, newestSecondsAgo: 61), on).debug == true)
  }

  @Test("A log that stands still since a signal that has not shown says nothing of it")
  func standsStill() {
    // What has not been seen to work may not have: lines of later tell.
    for wanted in [true, false] {
      let open = entry(sent: sent(wanted, secondsAgo: 60, .sent))
      #expect(Self.isUnknown(Self.level(Self.log(!wanted, newestSecondsAgo: 61), open), .signalUnseen))
      #expect(Self.isUnknown(Self.level(Self.log(!wanted, newestSecondsAgo: 60), open), .signalUnseen))
      #expect(Self.level(Self.log(!wanted, newestSecondsAgo: 58), open).debug == !wanted)
      // Its sender was killed: whether it was sent, nobody knows.
      let intended = entry(sent: sent(wanted, secondsAgo: 60, .intended))
      #expect(Self.isUnknown(Self.level(Self.log(!wanted, newestSecondsAgo: 61), intended), .signalUnseen))
      let taken = entry(sent: sent(wanted, secondsAgo: 60, .taken))
      #expect(Self.level(Self.log(!wanted, newestSecondsAgo: 60), taken).debug == wanted)
      #expect(Self.level(Self.log(!wanted, newestSecondsAgo: 58), taken).debug == !wanted)
    }
  }

  @Test("A line at trace proves it of a toggle, and of nothing else")
  func tracing() {
    #expect(Self.level(Self.log(nil, isTracing: true, wholeForSeconds: 60)).debug == true)
    #expect(Self.level(Self.log(nil, isTracing: true), nil, refusal: nil, Handling(.driver)).debug != true)
    #expect(Self.level(Self.log(false, isTracing: false)).debug == false)
  }

  @Test("What a client can have written flips nothing, alone or against the record")
  func forgeable() {
    let on = entry(sent: sent(true, secondsAgo: 60, .confirmed))
    #expect(Self.level(Self.log(true, isForgeable: true)).doubt == .logAlone)
    #expect(Self.level(Self.log(true, isForgeable: true), on).doubt == nil)
    #expect(
      Self.isUnknown(Self.level(Self.log(false, isForgeable: true), on), .logAgainstLedger(log: false)))
    // In JSON it is the service's own word.
    #expect(Self.level(Self.log(false), on).debug == false)
    for verb in [Request.Verb.off, .toggle] {
      let doubtful = instance(level: Self.level(Self.log(true, isForgeable: true)))
      #expect(step(request(verb), doubtful).action == .refuse)
    }
  }
}
